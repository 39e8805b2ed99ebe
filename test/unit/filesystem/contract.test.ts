/**
 * What the filesystem promises, asked over every overlay back-end, of a tree made in the overlay and of
 * the same tree as a base.
 */
import { beforeEach, describe, expect, test } from "vitest";
import { decodeTreeIndex } from "../../../images/format/tree-index.ts";
import { DiskOverlay } from "../../../workers/kernel/disk/disk-overlay.ts";
import { exportTree } from "../../../workers/kernel/filesystem/export.ts";
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import { MemoryOverlay } from "../../../workers/kernel/filesystem/memory-overlay.ts";
import type { OverlayBackend } from "../../../workers/kernel/filesystem/overlay.ts";
import {
  findPath,
  linkPath,
  makeDirectories,
  makeNode,
  makeSymlink,
  readFile,
  remove,
  resolvePath,
  walk,
  writeFile,
} from "../../../workers/kernel/filesystem/paths.ts";
import { getXattr, setXattr } from "../../../workers/kernel/filesystem/xattrs.ts";
import { OVERLAY_CHUNK_BYTES } from "../../../workers/shared/limits.ts";
import { MemoryFolder } from "../disk/memory-folder.ts";
import { BASE } from "../disk/support.ts";
import { MemoryStore } from "../store/memory-store.ts";

const text = (value: string) => new TextEncoder().encode(value);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const owner = { mode: 0o644, uid: 1, gid: 2 };

let seconds = 1_000_000;

/** A clock that moves by one second at every look, so that no two changes have the same time. */
const tickingClock = () => ({ seconds: seconds++, nanoseconds: 5 });

async function plant(fs: FileSystem): Promise<void> {
  await writeFile(fs, "/etc/passwd", text("root:x:0:0\n"), { mode: 0o644 });
  await writeFile(fs, "/bin/tool", text("#!/bin/sh\n"), { mode: 0o4755, uid: 0, gid: 3 });
  linkPath(fs, "/bin/tool", "/bin/alias");
  makeSymlink(fs, "/sbin", "bin");
  makeSymlink(fs, "/loop", "loop");
  makeNode(fs, "/dev/null", 0x103, { mode: 0o020666 });
  makeNode(fs, "/dev/pipe", 0, { mode: 0o010600 });
  makeDirectories(fs, "/empty", { mode: 0o1777 });
  setXattr(fs, resolvePath(fs, "/etc"), "user.mark", text("kept"));
}

const overlays: [string, () => Promise<OverlayBackend>][] = [
  ["MemoryOverlay", async () => new MemoryOverlay()],
  [
    "DiskOverlay",
    () =>
      DiskOverlay.open(new MemoryFolder(), { base: BASE, freeBytes: 2 ** 30, onFailure: () => {} }),
  ],
];

const trees: [string, (overlay: OverlayBackend) => Promise<FileSystem>][] = [
  [
    "a tree in the overlay",
    async (overlay) => {
      const fs = new FileSystem({ overlay, clock: tickingClock });
      await plant(fs);
      return fs;
    },
  ],
  [
    "the same tree as a base",
    async (overlay) => {
      const made = new FileSystem({ clock: tickingClock });
      await plant(made);
      const store = new MemoryStore();
      const { index } = await exportTree(made, { put: (bytes) => store.put(bytes) });
      const options = { overlay, store, clock: tickingClock };
      return new FileSystem({ ...options, index: decodeTreeIndex(index) });
    },
  ],
];

const combinations = overlays.flatMap(([overlay, makeOverlay]) =>
  trees.map(([tree, makeTree]) => ({
    overlay,
    tree,
    make: async () => makeTree(await makeOverlay()),
  })),
);

describe.each(combinations)("$tree over $overlay", ({ make }) => {
  let fs: FileSystem;

  beforeEach(async () => {
    fs = await make();
  });

  test("has every name, with its kind and links", () => {
    const names = [...walk(fs)].map(
      ({ path, inode }) => `${path} ${inode.mode.toString(8)} ${inode.nlink} ${inode.size}`,
    );
    expect(names).toEqual([
      "/ 40755 6 0",
      "/bin 40755 2 0",
      "/bin/alias 104755 2 10",
      "/bin/tool 104755 2 10",
      "/dev 40755 2 0",
      "/dev/null 20666 1 0",
      "/dev/pipe 10600 1 0",
      "/empty 41777 2 0",
      "/etc 40755 2 0",
      "/etc/passwd 100644 1 11",
      "/loop 120777 1 4",
      "/sbin 120777 1 3",
    ]);
    expect(resolvePath(fs, "/dev/null").rdev).toBe(0x103);
    expect(textOf(getXattr(resolvePath(fs, "/etc"), "user.mark"))).toBe("kept");
  });

  test("hard links are one inode", async () => {
    expect(resolvePath(fs, "/bin/alias")).toBe(resolvePath(fs, "/bin/tool"));
    await writeFile(fs, "/bin/alias", text("new"));
    expect(textOf(await readFile(fs, "/bin/tool"))).toBe("new");
    remove(fs, "/bin/tool");
    expect(resolvePath(fs, "/bin/alias").nlink).toBe(1);
    expect(textOf(await readFile(fs, "/bin/alias"))).toBe("new");
  });

  test("paths follow links, but not for ever", async () => {
    expect(textOf(await readFile(fs, "/sbin/tool"))).toBe("#!/bin/sh\n");
    expect(resolvePath(fs, "/sbin", { follow: false }).target).toBe("bin");
    expect(() => resolvePath(fs, "/loop")).toThrow("ELOOP");
    expect(() => resolvePath(fs, "/etc/passwd/x")).toThrow("ENOTDIR");
    expect(findPath(fs, "/etc/shadow")).toBeUndefined();
    expect(resolvePath(fs, "/bin/../etc/./passwd")).toBe(resolvePath(fs, "etc/passwd"));
  });

  test("a write changes only what it covers", async () => {
    const inode = resolvePath(fs, "/etc/passwd");
    await fs.write(inode, 5, text("X"));
    expect(textOf(await readFile(fs, "/etc/passwd"))).toBe("root:X:0:0\n");
    await fs.write(inode, "end", text("more\n"));
    expect(textOf(await readFile(fs, "/etc/passwd"))).toBe("root:X:0:0\nmore\n");
  });

  test("writing beyond the end leaves zeros, which cost nothing", async () => {
    const inode = resolvePath(fs, "/etc/passwd");
    const far = OVERLAY_CHUNK_BYTES * 1000 + 3;
    await fs.write(inode, far, text("end"));
    const bytes = new Uint8Array(OVERLAY_CHUNK_BYTES * 2);
    expect(await fs.read(inode, far - 10, bytes)).toBe(13);
    expect(textOf(bytes.subarray(0, 13))).toBe(`${"\0".repeat(10)}end`);
    expect(await fs.read(inode, OVERLAY_CHUNK_BYTES, bytes)).toBe(bytes.length);
    expect(bytes.every((byte) => byte === 0)).toBe(true);
    expect(fs.overlay.usage).toBeLessThan(OVERLAY_CHUNK_BYTES * 3);
  });

  test("what is cut off is gone when the file grows again", async () => {
    const inode = resolvePath(fs, "/etc/passwd");
    await fs.truncate(inode, 4);
    await fs.truncate(inode, 8);
    expect(textOf(await readFile(fs, "/etc/passwd"))).toBe("root\0\0\0\0");
    const large = new Uint8Array(OVERLAY_CHUNK_BYTES * 2).fill(7);
    await fs.write(inode, 0, large);
    await fs.truncate(inode, OVERLAY_CHUNK_BYTES);
    await fs.truncate(inode, OVERLAY_CHUNK_BYTES + 2);
    const tail = new Uint8Array(4);
    expect(await fs.read(inode, OVERLAY_CHUNK_BYTES - 2, tail)).toBe(4);
    expect([...tail]).toEqual([7, 7, 0, 0]);
  });

  test("times change as POSIX says", async () => {
    const inode = resolvePath(fs, "/etc/passwd");
    const directory = resolvePath(fs, "/etc");
    const times = () =>
      [inode.mtime, inode.ctime, directory.mtime, directory.ctime].map(({ seconds }) => seconds);
    /** Which of the four times an operation changed. */
    const changedBy = async (operation: () => unknown) => {
      const before = times();
      await operation();
      return times().map((seconds, index) => seconds !== before[index]);
    };
    const [no, yes] = [false, true];
    expect(await changedBy(() => readFile(fs, "/etc/passwd"))).toEqual([no, no, no, no]);
    expect(await changedBy(() => fs.write(inode, 0, text("R")))).toEqual([yes, yes, no, no]);
    expect(await changedBy(() => fs.write(inode, 0, text("")))).toEqual([no, no, no, no]);
    expect(await changedBy(() => fs.truncate(inode, 3))).toEqual([yes, yes, no, no]);
    expect(await changedBy(() => fs.setAttributes(inode, { mode: 0o600 }))).toEqual([
      no,
      yes,
      no,
      no,
    ]);
    expect(await changedBy(() => fs.link(directory, "other", inode))).toEqual([no, yes, yes, yes]);
    expect(await changedBy(() => fs.unlink(directory, "other"))).toEqual([no, yes, yes, yes]);
    expect(await changedBy(() => fs.rename(directory, "passwd", directory, "p"))).toEqual([
      no,
      yes,
      yes,
      yes,
    ]);
    const mtime = { seconds: -5, nanoseconds: 999_999_999 };
    fs.setAttributes(inode, { mtime });
    expect(inode.mtime).toEqual(mtime);
  });

  test("names are checked", () => {
    const directory = resolvePath(fs, "/empty");
    const codes = ["", ".", "..", "a/b", "a\0", "x".repeat(256), "x".repeat(255)].map((name) => {
      try {
        fs.create(directory, name, owner);
        return "made";
      } catch (error) {
        return error instanceof Error ? error.message.split(":")[0] : "";
      }
    });
    expect(codes).toEqual([
      "EINVAL",
      "EEXIST",
      "EEXIST",
      "EINVAL",
      "EINVAL",
      "ENAMETOOLONG",
      "made",
    ]);
  });

  test("rename keeps to its rules", async () => {
    const root = fs.root;
    makeDirectories(fs, "/a/b/c");
    const [a, b] = [resolvePath(fs, "/a"), resolvePath(fs, "/a/b")];
    expect(() => fs.rename(root, "a", b, "x")).toThrow("EINVAL");
    expect(() => fs.rename(a, "b", root, "a")).toThrow("ENOTEMPTY");
    expect(() => fs.rename(root, "empty", root, "etc")).toThrow("ENOTEMPTY");
    expect(() => fs.rename(root, "empty", resolvePath(fs, "/etc"), "passwd")).toThrow("ENOTDIR");
    expect(() => fs.rename(resolvePath(fs, "/etc"), "passwd", root, "empty")).toThrow("EISDIR");
    expect(() => fs.rename(root, ".", root, "x")).toThrow("EBUSY");
    expect(() => fs.rename(root, "missing", root, "x")).toThrow("ENOENT");
    fs.rename(a, "b", root, "empty");
    expect([a.nlink, root.nlink, resolvePath(fs, "/empty")]).toEqual([2, 7, b]);
    expect(fs.find(b, "..")).toBe(root);
    const bin = resolvePath(fs, "/bin");
    fs.rename(bin, "tool", bin, "alias");
    expect(resolvePath(fs, "/bin/tool").nlink).toBe(2);
  });

  test("nothing can be made in a directory that was removed", () => {
    const directory = resolvePath(fs, "/empty");
    fs.retain(directory);
    fs.rmdir(fs.root, "empty");
    expect(() => fs.create(directory, "x", owner)).toThrow("ENOENT");
    expect(directory.nlink).toBe(0);
    fs.release(directory);
    expect(fs.inode(directory.number)).toBeUndefined();
  });

  test("a file in use outlives its name", async () => {
    const inode = resolvePath(fs, "/etc/passwd");
    fs.retain(inode);
    remove(fs, "/etc");
    const bytes = new Uint8Array(4);
    await fs.read(inode, 0, bytes);
    expect(textOf(bytes)).toBe("root");
    await fs.write(inode, 0, text("R"));
    expect(() => fs.link(fs.root, "back", inode)).toThrow("ENOENT");
    fs.release(inode);
    expect(fs.inode(inode.number)).toBeUndefined();
  });

  test("a file without a name gets one in one step", async () => {
    const inode = fs.createUnnamed({ mode: 0o7640, uid: 1, gid: 2 });
    await fs.write(inode, 0, text("whole"));
    const etc = resolvePath(fs, "/etc");
    expect(() => fs.nameUnnamed(fs.root, "empty", inode)).toThrow("EISDIR");
    expect(() => fs.nameUnnamed(etc, "", inode)).toThrow("EINVAL");
    expect(() => fs.nameUnnamed(inode, "name", inode)).toThrow("ENOTDIR");
    expect(inode.isOrphan).toBe(true);
    const replaced = resolvePath(fs, "/etc/passwd");
    const cookie = etc.directory?.get("passwd")?.cookie;
    fs.nameUnnamed(etc, "passwd", inode);
    fs.release(inode);
    expect(fs.inode(replaced.number)).toBeUndefined();
    expect(etc.directory?.get("passwd")).toMatchObject({ cookie, inode });
    expect(inode).toMatchObject({ nlink: 1, mode: 0o107640, uid: 1, gid: 2 });
    expect(textOf(await readFile(fs, "/etc/passwd"))).toBe("whole");
    const other = fs.createUnnamed(owner);
    fs.release(other);
    expect(fs.inode(other.number)).toBeUndefined();
  });

  test("an export gives the same index whatever way the tree came to be", async () => {
    const store = new MemoryStore();
    const put = (bytes: Uint8Array) => store.put(bytes);
    const time = { seconds: 7, nanoseconds: 0 };
    const normalise = (node: { mtime: unknown }) => ({ ...node, mtime: time }) as never;
    const fresh = new FileSystem();
    await plant(fresh);
    const expected = await exportTree(fresh, { put, normalise });
    makeDirectories(fs, "/new");
    fs.rename(fs.root, "etc", resolvePath(fs, "/new"), "etc");
    fs.rename(resolvePath(fs, "/new"), "etc", fs.root, "etc");
    remove(fs, "/new");
    expect(await exportTree(fs, { put, normalise })).toEqual(expected);
    expect([expected.files, expected.bytes]).toEqual([2, 21]);
  });

  test("an export leaves out what it is told to", async () => {
    const store = new MemoryStore();
    const { index } = await exportTree(fs, {
      put: (bytes) => store.put(bytes),
      normalise: (node, path) => (/^\/(dev|bin\/tool)/.test(path) ? undefined : node),
    });
    const copy = new FileSystem({ index: decodeTreeIndex(index), store });
    expect([...walk(copy)].map(({ path }) => path)).toEqual(
      "/ /bin /bin/alias /empty /etc /etc/passwd /loop /sbin".split(" "),
    );
    expect(resolvePath(copy, "/bin/alias").nlink).toBe(1);
  });
});

test("contents of the base are forgotten when there is too much, and fetched again", async () => {
  const made = new FileSystem();
  for (const name of ["a", "b", "c"]) await writeFile(made, `/${name}`, text(name.repeat(100)));
  const store = new MemoryStore();
  const { index } = await exportTree(made, { put: (bytes) => store.put(bytes) });
  const fs = new FileSystem({ index: decodeTreeIndex(index), store, baseCacheBytes: 250 });
  const requests = () => [...store.requests.values()].reduce((sum, count) => sum + count, 0);
  await readFile(fs, "/a");
  await readFile(fs, "/b");
  await readFile(fs, "/a");
  expect(requests()).toBe(2);
  await readFile(fs, "/c");
  await readFile(fs, "/a");
  expect(requests()).toBe(3);
  expect(textOf(await readFile(fs, "/b"))).toBe("b".repeat(100));
  expect(requests()).toBe(4);
});
