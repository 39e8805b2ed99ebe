/** The smallest images, in a folder as the image builder writes them. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Cache } from "../../../images/build/cache.ts";
import { StoreWriter } from "../../../images/build/store-writer.ts";
import { MANIFEST_VERSION, type Manifest, storePath } from "../../../images/format/manifest.ts";
import { encodeTreeIndex } from "../../../images/format/tree-index.ts";

/**
 * Adds an image of one file to the folder `images` in `folder`, and something to the store that it does not name.
 *
 * @param texts what differs from other images; all else they share
 */
export async function buildImage(
  folder: string,
  name: string,
  texts: { file: string },
): Promise<{ from: string; manifest: Manifest; stray: string }> {
  const store = new StoreWriter(await Cache.open(folder), "images");
  const put = (text: string) => store.put(Buffer.from(text));
  const content = await put(texts.file);
  const owner = { uid: 0, gid: 0, mtime: { seconds: 0, nanoseconds: 0 } };
  const index = encodeTreeIndex({
    inodes: [
      { mode: 0o040755, ...owner, entries: [{ name: "file", number: 2 }] },
      { mode: 0o100644, ...owner, content },
    ],
  });
  const manifest: Manifest = {
    version: MANIFEST_VERSION,
    name,
    description: "For a test",
    suite: "trixie",
    release: "13.7",
    date: "2026-01-01T00:00:00Z",
    memoryMegabytes: 128,
    environment: {},
    shell: "/bin/sh",
    index: await store.put(index),
    files: 1,
    bytes: texts.file.length,
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
  mkdirSync(join(from, name));
  writeFileSync(join(from, `${name}/manifest.json`), JSON.stringify(manifest));
  writeFileSync(join(from, `${name}/sbom.cdx.json`), "materials");
  return { from, manifest, stray: storePath(stray.sha256) };
}
