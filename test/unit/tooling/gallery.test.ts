import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { exampleCard } from "../../../scripts/site/example-card.ts";
import { readExamples } from "../../../scripts/site/examples.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tabnix-examples-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The cards of a folder with these documents. */
async function cardsOf(documents: Readonly<Record<string, unknown>>): Promise<string[]> {
  for (const [name, document] of Object.entries(documents)) {
    writeFileSync(join(folder, name), JSON.stringify(document));
  }
  return (await readExamples(folder, { previewsShareStorage: true })).map(exampleCard);
}

test("a card for each document, in the order of their names", async () => {
  writeFileSync(join(folder, "notes.txt"), "none");
  const cards = await cardsOf({ "b.json": { title: "Second" }, "a b.json": {} });
  expect(cards).toHaveLength(2);
  expect(cards[0]).toContain('<a href="./?setup=examples/a%20b.json">a b.json</a>');
  expect(cards[0]).toContain("<dt>Image</dt> <dd>base</dd>");
  expect(cards[0]).toContain("<dt>Asks for</dt> <dd>nothing</dd>");
  expect(cards[1]).toContain('<a href="./?setup=examples/b.json">Second</a>');
});

test("what an author has written is text, and no markup", async () => {
  const bad = "<img src=x>$& &amp;";
  const [card] = await cardsOf({ "a.json": { title: bad, description: bad, run: bad } });
  expect(card).not.toContain("<img");
  expect(card?.split("&#60;img src=x&#62;$&#38; &#38;amp;")).toHaveLength(4);
});

test("a card says what a visitor is asked about", async () => {
  const [own, wide] = await cardsOf({
    "a.json": { persist: true, ports: [80], network: true },
    "b.json": {
      network: { relay: "wss://relay.example/wisp/", lan: "class" },
      files: { "/a": { url: "https://else.example/a" }, "/b": { url: "b" } },
    },
  });
  expect(own).toContain("<dd>your saved files; your network; a preview of its server</dd>");
  expect(wide).toContain(
    "<dd>the relay relay.example; the network of tabs “class”; files of else.example</dd>",
  );
});

test("a document that is wrong stops the build, with its name", async () => {
  await expect(cardsOf({ "a.json": {}, "b.json": { imge: "base" } })).rejects.toThrow(
    /^b\.json: The set-up is wrong at imge/,
  );
});
