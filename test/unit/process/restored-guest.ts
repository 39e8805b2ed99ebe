/** Guests for tests of the shell: an image's snapshot, with WASI workers in threads of Node. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder } from "../../../images/build/cache.ts";
import { Guest } from "../../../images/build/guest/guest.ts";
import { parseManifest } from "../../../images/format/manifest.ts";
import { decodeTreeIndex } from "../../../images/format/tree-index.ts";
import { nodeThreads } from "../../../src/local/node-threads.ts";
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import type { WasiThreads } from "../../../workers/kernel/process/wasi-worker.ts";
import { DirectoryStore } from "../../../workers/shared/directory-store.ts";

/** The machine of an image at its prompt. */
export async function restoredGuest(image: string, threads?: WasiThreads): Promise<Guest> {
  const folder = join(cacheFolder(), "images");
  const text = await readFile(join(folder, image, "manifest.json"), "utf8");
  const { index, snapshot, memoryMegabytes } = parseManifest(text, image);
  if (!snapshot) throw new Error(`image ${image} has no snapshot`);
  const store = new DirectoryStore(folder);
  const guest = await Guest.create({
    fs: new FileSystem({ index: decodeTreeIndex(await store.get(index)), store }),
    bios: new Uint8Array(0),
    memoryMegabytes,
    wasiThreads: threads ?? nodeThreads,
  });
  guest.server.restore(await store.get(snapshot.filesystem));
  await guest.restore(await store.get(snapshot.machine));
  return guest;
}

/** Whether it runs the kernel of this checkout, and not Debian's. */
export async function hasTunedKernel(guest: Guest): Promise<boolean> {
  return (await guest.run("uname -r")).output.includes("tabnix");
}
