import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseCatalogue } from "../../../images/format/catalogue.ts";
import { storePath } from "../../../images/format/manifest.ts";
import { copyImages } from "../../../scripts/copy-images.ts";
import { buildImage } from "../support/small-image.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tabnix-copy-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const filesOf = (path: string) =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
    .sort();

test("an image is copied with all it names, a catalogue and nothing else", async () => {
  const { from, manifest, stray } = await buildImage(folder, "small", {
    file: "contents of a file",
  });
  const to = join(folder, "copy");
  expect(await copyImages(from, to)).toEqual(["small"]);
  const copied = filesOf(from).filter((file) => file !== stray);
  expect(filesOf(to)).toEqual([...copied, "catalogue.json"].sort());
  for (const file of copied) {
    expect(readFileSync(join(to, file))).toEqual(readFileSync(join(from, file)));
  }
  const { images } = parseCatalogue(readFileSync(join(to, "catalogue.json"), "utf8"), "it");
  const objects = copied.filter((file) => file.startsWith("store/"));
  const compressedSize = objects.reduce((sum, file) => sum + statSync(join(from, file)).size, 0);
  expect(images).toEqual([{ name: "small", description: manifest.description, compressedSize }]);
});

test("nothing built, nothing copied", async () => {
  expect(await copyImages(join(folder, "nowhere"), join(folder, "copy"))).toEqual([]);
  expect(filesOf(folder)).toEqual([]);
});

test("a damaged image stops the copy", async () => {
  const { from, manifest } = await buildImage(folder, "small", { file: "contents of a file" });
  writeFileSync(join(from, storePath(manifest.index.sha256)), "damage");
  await expect(copyImages(from, join(folder, "copy"))).rejects.toMatchObject({ code: "corrupt" });
  expect(filesOf(folder).filter((file) => file.startsWith("copy"))).toEqual([]);
});
