/**
 * Vite plugin: previews at an origin of their own. TABNIX_PREVIEW_URL is where the same site is deployed
 * for previews only; TABNIX_APP_ORIGIN is whose machines that one shows. Without them, previews are at the
 * app's own origin.
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

const FILE = "preview-bridge.html";
const SOURCE = fileURLToPath(new URL(`../workers/service/${FILE}`, import.meta.url));
const EMPTY = 'name="tabnix-app-origin" content=""';

export interface PreviewOrigin {
  /** Absolute, with a slash at its end. */
  previewUrl?: string | undefined;
  appOrigin?: string | undefined;
}

/** @throws TypeError when either is no address */
export function previewOrigin({
  previewUrl = process.env["TABNIX_PREVIEW_URL"],
  appOrigin = process.env["TABNIX_APP_ORIGIN"],
}: PreviewOrigin = {}): Plugin {
  const bridge = async () => {
    const page = await readFile(SOURCE, "utf8");
    if (!appOrigin) return page;
    return page.replace(EMPTY, EMPTY.replace('""', JSON.stringify(new URL(appOrigin).origin)));
  };
  return {
    name: "tabnix-preview-origin",
    transformIndexHtml() {
      if (!previewUrl) return [];
      const attrs = { name: "tabnix-preview-url", content: new URL(previewUrl).href };
      return [{ tag: "meta", attrs, injectTo: "head-prepend" }];
    },
    async generateBundle() {
      this.emitFile({ type: "asset", fileName: FILE, source: await bridge() });
    },
    configureServer(server) {
      server.middlewares.use(`/${FILE}`, (_request, response, next) => {
        bridge().then((page) => {
          for (const [name, value] of Object.entries(server.config.server.headers ?? {})) {
            if (value !== undefined) response.setHeader(name, value);
          }
          response.setHeader("Content-Type", "text/html");
          response.end(page);
        }, next);
      });
    },
  };
}
