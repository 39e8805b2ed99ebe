import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { withLiveExamples } from "../../../scripts/site/live-examples.ts";

const ROOT = new URL("../../../", import.meta.url);
const place = (name: string) => `<live-example name="${name}" expect="1&#10;2"></live-example>`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tabnix-live-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("an example is shown as text beside what runs", async () => {
  const markup = '<tab-nix run="echo $& $1 &amp;"></tab-nix>';
  writeFileSync(join(folder, "one.html"), `${markup}\n`);
  const page = await withLiveExamples(`<main>${place("one")}</main>`, folder);
  expect(page).toContain('id="one" data-expect="1&#10;2"');
  expect(page).toContain(`<div class="live">\n${markup}\n</div>`);
  expect(page).toContain(
    "<code>&#60;tab-nix run=&#34;echo $&#38; $1 &#38;amp;&#34;&#62;&#60;/tab-nix&#62;</code>",
  );
});

test("a place without an example and an example without a place stop the build", async () => {
  await expect(withLiveExamples(place("one"), folder)).rejects.toThrow("no live example one");
  writeFileSync(join(folder, "two.html"), "<tab-nix></tab-nix>");
  await expect(withLiveExamples("", folder)).rejects.toThrow("Nowhere on the page: two.");
});

test("what embedding.md shows is live", async () => {
  const page = await withLiveExamples(
    readFileSync(new URL("docs.html", ROOT), "utf8"),
    fileURLToPath(new URL("src/site/live", ROOT)),
  );
  const text = readFileSync(new URL("docs/embedding.md", ROOT), "utf8");
  const blocks = [...text.matchAll(/^```html\n(.*?)\n```$/gms)].map(([, block = ""]) => block);
  expect(blocks).not.toEqual([]);
  for (const block of blocks) {
    const [, markup = block] = block.split('tab-nix.js"></script>\n\n');
    expect(page).toContain(`\n${markup.replaceAll("https://tabnix.example/", "./")}\n`);
  }
});
