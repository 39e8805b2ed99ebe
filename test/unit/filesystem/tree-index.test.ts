import { expect, test } from "vitest";
import {
  decodeTreeIndex,
  encodeTreeIndex,
  type IndexInode,
  type TreeIndex,
} from "../../../images/format/tree-index.ts";

const mtime = { seconds: -3, nanoseconds: 250 };
const plain = { uid: 0, gid: 0, mtime };
const content = { sha256: "0123456789abcdef".repeat(4), size: 5_000_000_000, compressedSize: 300 };

/** A tree of every kind of inode, numbered as a walk numbers it. */
const tree: TreeIndex = {
  inodes: [
    {
      ...plain,
      mode: 0o040755,
      entries: [
        { name: "a", number: 2 },
        { name: "d", number: 3 },
        { name: "z\xff", number: 7 },
      ],
    },
    { ...plain, mode: 0o104755, uid: 4_294_967_295, gid: 5, content },
    {
      ...plain,
      mode: 0o041777,
      xattrs: [{ name: "user.a", value: Uint8Array.of(0, 255) }],
      entries: [
        { name: "fifo", number: 4 },
        { name: "hard", number: 2 },
        { name: "link", number: 5 },
        { name: "tty", number: 6 },
      ],
    },
    { ...plain, mode: 0o010600 },
    { ...plain, mode: 0o120777, target: "../a" },
    { ...plain, mode: 0o020620, rdev: 0x501 },
    { ...plain, mode: 0o100644 },
  ],
};

test("a tree comes back as it was", () => {
  expect(decodeTreeIndex(encodeTreeIndex(tree))).toEqual(tree);
});

test("equal trees give equal bytes, however they are numbered and sorted", () => {
  const order = [1, 7, 6, 5, 4, 3, 2];
  const inodes: IndexInode[] = [];
  for (const [index, inode] of tree.inodes.entries()) {
    const entries = inode.entries
      ?.map(({ name, number }) => ({ name, number: order[number - 1] as number }))
      .reverse();
    inodes[(order[index] as number) - 1] = entries ? { ...inode, entries } : inode;
  }
  expect(encodeTreeIndex({ inodes })).toEqual(encodeTreeIndex(tree));
});

test("a later version is told apart from a broken document", () => {
  const bytes = encodeTreeIndex(tree);
  const later = bytes.slice();
  later[8] = 9;
  const error = (code: string, message: string) =>
    expect.objectContaining({ code, message }) as Error;
  expect(() => decodeTreeIndex(later)).toThrow(
    error("wrong-version", "The tree index has version 9; this Tabnix reads version 1."),
  );
  expect(() => decodeTreeIndex(bytes.subarray(0, 40))).toThrow(
    error("malformed", "The tree index is broken: it ends too soon."),
  );
  expect(() => decodeTreeIndex(new TextEncoder().encode("<!doctype html>"))).toThrow(
    error("malformed", "The tree index is broken: it is something else."),
  );
});

test.each<[string, (inodes: IndexInode[]) => void, string]>([
  [
    "a directory with two names",
    (inodes) => inodes[0]?.entries?.push({ name: "e", number: 3 }),
    "directory 3 is in several places",
  ],
  [
    "the same name twice",
    (inodes) => inodes[2]?.entries?.push({ name: "tty", number: 4 }),
    "the names in directory 3 are out of order",
  ],
  [
    "a name with a slash",
    (inodes) => inodes[0]?.entries?.push({ name: "x/y", number: 4 }),
    "directory 1 has an impossible name",
  ],
])("%s is refused", (_, harm, reason) => {
  const harmed = structuredClone(tree);
  harm(harmed.inodes);
  expect(() => decodeTreeIndex(encodeTreeIndex(harmed))).toThrow(
    `The tree index is broken: ${reason}.`,
  );
});
