/** Saved trees that are none. What is damaged in other ways, test/fuzz finds. */
import { expect, test } from "vitest";
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import { S_IFDIR } from "../../../workers/kernel/filesystem/inode.ts";
import { timestampOf } from "../../../workers/kernel/filesystem/time.ts";
import { restoreTree, type SavedNode } from "../../../workers/kernel/filesystem/tree-restore.ts";

const ROOT = 1;

/** A directory with these names in it. */
function directory(number: number, parent: number, names: Record<string, number>): SavedNode {
  const time = timestampOf(0);
  const entries = Object.entries(names).map(([name, to], index) => ({
    name,
    number: to,
    cookie: 3 + index,
  }));
  return {
    fields: {
      number,
      mode: S_IFDIR | 0o755,
      uid: 0,
      gid: 0,
      nlink: number === 9 ? 0 : 2,
      size: 0,
      rdev: 0,
      ...{ atime: time, mtime: time, ctime: time },
    },
    version: 1,
    xattrs: undefined,
    keepsBase: false,
    parent,
    nextCookie: 3 + entries.length,
    entries,
    target: undefined,
  };
}

function restore(...nodes: SavedNode[]): void {
  restoreTree(new FileSystem(), { nextNumber: 10, removed: [], nodes }, (reason) => {
    throw new Error(reason);
  });
}

test("a sound one is restored", () => {
  restore(directory(ROOT, ROOT, { a: 2 }), directory(2, ROOT, { b: 3 }), directory(3, 2, {}));
});

test.each<[string, SavedNode[]]>([
  ["a name leads to the root", [directory(ROOT, ROOT, { a: ROOT })]],
  ["a name leads to the root", [directory(ROOT, 2, { a: 2 }), directory(2, ROOT, { b: ROOT })]],
  ["a name leads to an orphan", [directory(ROOT, ROOT, { a: 9 }), directory(9, ROOT, {})]],
  [
    "a directory has two parents",
    [directory(ROOT, ROOT, { a: 2, b: 3 }), directory(2, ROOT, { c: 3 }), directory(3, ROOT, {})],
  ],
  ["a directory is inside itself", [directory(2, 3, { b: 3 }), directory(3, 2, { a: 2 })]],
  ["there is no inode 7", [directory(ROOT, ROOT, { a: 7 })]],
])("%s: refused", (reason, nodes) => {
  expect(() => restore(...nodes)).toThrow(reason);
});
