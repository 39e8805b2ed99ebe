import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Cache } from "../../../images/build/cache.ts";
import { StoreWriter } from "../../../images/build/store-writer.ts";
import { MANIFEST_VERSION, type Manifest, storePath } from "../../../images/format/manifest.ts";
import { encodeTreeIndex } from "../../../images/format/tree-index.ts";
import { copyImages } from "../../../scripts/copy-images.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tabnix-copy-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A folder with one image of one file, and something in the store that it does not name. */
async function buildImage(): Promise<{ from: string; manifest: Manifest; stray: string }> {
  const store = new StoreWriter(await Cache.open(folder), "images");
  const put = (text: string) => store.put(Buffer.from(text));
  const content = await put("contents of a file");
  const owner = { uid: 0, gid: 0, mtime: { seconds: 0, nanoseconds: 0 } };
  const index = encodeTreeIndex({
    inodes: [
      { mode: 0o040755, ...owner, entries: [{ name: "file", number: 2 }] },
      { mode: 0o100644, ...owner, content },
    ],
  });
  const manifest: Manifest = {
    version: MANIFEST_VERSION,
    name: "small",
    description: "For a test",
    suite: "trixie",
    release: "13.7",
    date: "2026-01-01T00:00:00Z",
    memoryMegabytes: 128,
    environment: {},
    shell: "/bin/sh",
    index: await store.put(index),
    files: 1,
    bytes: 18,
    bios: await put("bios"),
    kernel: {
      release: "6.1.0-50-686",
      flavour: "stock",
      bzImage: await put("kernel"),
      initrd: await put("disk"),
      commandLine: "quiet",
    },
    snapshot: {
      engine: "v86@0",
      layout: 1,
      machine: await put("machine"),
      filesystem: await put("filesystem"),
    },
    prefetch: [],
    sbom: await put("materials"),
  };
  const stray = await put("of an older image");
  await store.close();
  const from = join(folder, "images");
  mkdirSync(join(from, "small"));
  writeFileSync(join(from, "small/manifest.json"), JSON.stringify(manifest));
  writeFileSync(join(from, "small/sbom.cdx.json"), "materials");
  return { from, manifest, stray: storePath(stray.sha256) };
}

const filesOf = (path: string) =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
    .sort();

test("an image is copied with all it names and nothing else", async () => {
  const { from, stray } = await buildImage();
  const to = join(folder, "copy");
  expect(await copyImages(from, to)).toEqual(["small"]);
  expect(filesOf(to)).toEqual(filesOf(from).filter((file) => file !== stray));
  for (const file of filesOf(to)) {
    expect(readFileSync(join(to, file))).toEqual(readFileSync(join(from, file)));
  }
});

test("nothing built, nothing copied", async () => {
  expect(await copyImages(join(folder, "nowhere"), join(folder, "copy"))).toEqual([]);
  expect(filesOf(folder)).toEqual([]);
});

test("a damaged image stops the copy", async () => {
  const { from, manifest } = await buildImage();
  writeFileSync(join(from, storePath(manifest.index.sha256)), "damage");
  await expect(copyImages(from, join(folder, "copy"))).rejects.toMatchObject({ code: "corrupt" });
  expect(filesOf(folder).filter((file) => file.startsWith("copy"))).toEqual([]);
});
