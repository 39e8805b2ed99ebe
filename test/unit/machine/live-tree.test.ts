/** The guest reads and writes what it does not cache in messages as long as its programs' own calls. */
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { cacheFolder } from "../../../images/build/cache.ts";
import { Guest } from "../../../images/build/guest/guest.ts";
import { parseManifest } from "../../../images/format/manifest.ts";
import { decodeTreeIndex } from "../../../images/format/tree-index.ts";
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import {
  findPath,
  readFile as readGuestFile,
  writeFile as writeGuestFile,
} from "../../../workers/kernel/filesystem/paths.ts";
import { DirectoryStore } from "../../../workers/shared/directory-store.ts";

const IMAGE = "tiny";
const CALL = 300_003;
const CALLS = 10;

async function restored(): Promise<Guest> {
  const folder = join(cacheFolder(), "images");
  const text = await readFile(join(folder, IMAGE, "manifest.json"), "utf8");
  const { index, snapshot, memoryMegabytes } = parseManifest(text, IMAGE);
  if (!snapshot) throw new Error(`image ${IMAGE} has no snapshot`);
  const store = new DirectoryStore(folder);
  const guest = await Guest.create({
    fs: new FileSystem({ index: decodeTreeIndex(await store.get(index)), store }),
    bios: new Uint8Array(0),
    memoryMegabytes,
  });
  guest.server.restore(await store.get(snapshot.filesystem));
  await guest.restore(await store.get(snapshot.machine));
  return guest;
}

test("direct I/O of many pages is one message, whatever its alignment", async () => {
  const guest = await restored();
  const content = new Uint8Array(randomBytes(CALL * CALLS));
  await writeGuestFile(guest.fs, "/workspace/from", content);
  const read = vi.spyOn(guest.fs, "read");
  const write = vi.spyOn(guest.fs, "write");
  const copy = `dd if=/workspace/from of=/workspace/to bs=${CALL} 2>&1 | head -n 1`;
  expect(await guest.run(copy)).toEqual({ status: 0, output: `${CALLS}+0 records in\n` });
  const inodes = ["/workspace/from", "/workspace/to"].map((path) => findPath(guest.fs, path));
  // A read of nothing finds the end.
  const sizes = (calls: unknown[][], inode: unknown) =>
    calls
      .filter(([of]) => of === inode)
      .map(([, , bytes]) => (bytes as Uint8Array).length)
      .filter((size) => size > 0);
  expect(sizes(write.mock.calls, inodes[1])).toEqual(Array(CALLS).fill(CALL));
  expect(sizes(read.mock.calls, inodes[0])).toEqual(Array(CALLS).fill(CALL));
  expect(Buffer.compare(await readGuestFile(guest.fs, "/workspace/to"), content)).toBe(0);
  await guest.destroy();
});
