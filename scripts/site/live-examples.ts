/**
 * The live examples of docs.html. What a reader sees as code and what runs beside it are made from one file, so
 * neither can be another than the other.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { escapeHtml } from "../../workers/shared/escape-html.ts";

/** Where an example goes, and what its machine prints last. */
const PLACE = /<live-example name="([a-z-]+)" expect="([^"]*)"><\/live-example>/g;
const MARKUP = /\.html$/;

/**
 * Puts the examples of a folder where a page has a place for them.
 *
 * @throws Error when a place has no file, or a file no place
 */
export async function withLiveExamples(page: string, folder: string): Promise<string> {
  const markups = await readMarkups(folder);
  const unplaced = new Set(markups.keys());
  const whole = page.replace(PLACE, (_place, name: string, expected: string) => {
    const markup = markups.get(name);
    if (markup === undefined) throw new Error(`There is no live example ${name}.`);
    unplaced.delete(name);
    return figure(name, markup, expected);
  });
  if (unplaced.size > 0) throw new Error(`Nowhere on the page: ${[...unplaced].join(", ")}.`);
  return whole;
}

async function readMarkups(folder: string): Promise<Map<string, string>> {
  const files = (await readdir(folder)).filter((name) => MARKUP.test(name));
  const read = async (file: string) =>
    [file.replace(MARKUP, ""), (await readFile(join(folder, file), "utf8")).trimEnd()] as const;
  return new Map(await Promise.all(files.map(read)));
}

/** @param expected for an attribute: escaped */
function figure(name: string, markup: string, expected: string): string {
  return `<figure class="example" id="${name}" data-expect="${expected}">
<div class="code"><pre tabindex="0" aria-label="Code"><code>${escapeHtml(markup)}</code></pre></div>
<div class="live">
${markup}
</div>
</figure>`;
}
