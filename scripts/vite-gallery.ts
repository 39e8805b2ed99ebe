/**
 * Vite plugin: the cards of gallery.html, one for each file in public/examples/. They are in the page itself, so
 * that nothing has to be fetched or run to read it.
 */
import { join } from "node:path";
import type { Plugin } from "vite";
import { exampleCard } from "./site/example-card.ts";
import { readExamples } from "./site/examples.ts";

const PAGE = "/gallery.html";
const PLACE = "<example-cards></example-cards>";
const FOLDER = "examples";

export interface GalleryOptions {
  /** Where previews are, if at an origin of their own; see vite-preview-origin.ts. */
  previewUrl?: string | undefined;
}

/** @throws Error, when the page is built or asked for, if an example is wrong */
export function gallery({
  previewUrl = process.env["TABNIX_PREVIEW_URL"],
}: GalleryOptions = {}): Plugin {
  let folder = "";
  return {
    name: "tabnix-gallery",
    configResolved({ publicDir }) {
      folder = join(publicDir, FOLDER);
    },
    transformIndexHtml: {
      order: "post",
      async handler(page, { path }) {
        if (path !== PAGE) return page;
        const examples = await readExamples(folder, { previewsShareStorage: !previewUrl });
        const cards = examples.map(exampleCard).join("\n");
        // A function: "$&" in a text is no pattern.
        return page.replace(PLACE, () => cards);
      },
    },
  };
}
