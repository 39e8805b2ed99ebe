/** Trees that restoreTree would take, and that nobody could work with. */
import { beforeAll, expect, test } from "vitest";
import { writeTree } from "../../../workers/kernel/disk/tree-records.ts";
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import type { Inode } from "../../../workers/kernel/filesystem/inode.ts";
import { resolvePath } from "../../../workers/kernel/filesystem/paths.ts";
import { restoreRecords } from "../../../workers/kernel/transfer/export-records.ts";
import { ByteWriter } from "../../../workers/shared/bytes.ts";
import type { Base } from "../ninep/near-session.ts";
import { changeEverything, smallBase } from "./support.ts";

let base: Base;

beforeAll(async () => {
  base = await smallBase();
});

/** Records of a tree with changes of every kind, after `spoil` has had its way with it. */
async function restored(spoil: (fs: FileSystem) => void, more?: Uint8Array): Promise<FileSystem> {
  const from = new FileSystem(base);
  await changeEverything(from);
  spoil(from);
  const writer = new ByteWriter();
  writeTree(writer, from, ({ isOrphan }) => !isOrphan);
  if (more) writer.append(more);
  const fs = new FileSystem(base);
  restoreRecords(fs, writer.toBytes());
  return fs;
}

const at = (fs: FileSystem, path: string): Inode => resolvePath(fs, path, { follow: false });

test("a sound one is taken", async () => {
  const fs = await restored(() => {});
  expect(at(fs, "/home/hard").nlink).toBe(2);
});

const spoilt: [string, (fs: FileSystem) => void][] = [
  ["a file with fewer links than names", (fs) => (at(fs, "/home/hard").nlink = 1)],
  ["a file with more links than names", (fs) => (at(fs, "/home/hard").nlink = 3)],
  ["a directory with other links", (fs) => (at(fs, "/home").nlink = 9)],
  ["an inode without a name", (fs) => at(fs, "/home").directory?.delete("pipe")],
  ["a type that there is not", (fs) => (at(fs, "/home/pipe").mode = 0o030644)],
  ["a mode with more than permissions", (fs) => (at(fs, "/home/pipe").mode = 0o1010644)],
  ["an owner beyond 32 bits", (fs) => (at(fs, "/home/hard").uid = 2 ** 32)],
  ["a version that tells Linux not to cache", (fs) => (at(fs, "/home/hard").version = 0)],
  [
    "a time with a second of nanoseconds",
    (fs) => (at(fs, "/home/hard").mtime = { seconds: 1, nanoseconds: 1e9 }),
  ],
  [
    "a link that leads nowhere",
    (fs) => Object.assign(at(fs, "/home/link"), { target: "", size: 0 }),
  ],
  ["a link with a NUL", (fs) => (at(fs, "/home/link").target = "user/fil\0")],
  ["a link with another size", (fs) => (at(fs, "/home/link").size = 1)],
  ["an attribute without a name", (fs) => at(fs, "/home/hard").xattrs?.set("", new Uint8Array(1))],
  [
    "an attribute that is too long",
    (fs) => at(fs, "/home/hard").xattrs?.set("user.long", new Uint8Array(65_537)),
  ],
];

test.each(spoilt)("%s is refused", async (_, spoil) => {
  await expect(restored(spoil)).rejects.toMatchObject({ code: "malformed" });
});

test("a name in a directory of the base may not lead to what is gone", async () => {
  const fs = new FileSystem(base);
  const writer = new ByteWriter();
  const { number } = at(fs, "/etc/gone");
  // Record 4 is "no inode"; the directory is not told of.
  writer.u8(4);
  writer.varint(number);
  expect(() => restoreRecords(fs, writer.toBytes())).toThrow(/which is gone/);
});

test("records of blocks, which are of a disk", async () => {
  for (const record of [
    [5, 3, 0],
    [6, 3, 0, 0, 0],
  ]) {
    await expect(restored(() => {}, new Uint8Array(record))).rejects.toThrow(/it tells of blocks/);
  }
});
