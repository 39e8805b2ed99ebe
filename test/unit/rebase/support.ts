/** Versions of an image, and a visitor's disk that goes from one to the next. */
import { sha256 } from "@noble/hashes/sha2.js";
import { expect } from "vitest";
import { decodeTreeIndex } from "../../../images/format/tree-index.ts";
import type { OpenDisk } from "../../../workers/kernel/disk/open-disk.ts";
import { loadIndex, saveIndex } from "../../../workers/kernel/disk/saved-index.ts";
import { exportTree } from "../../../workers/kernel/filesystem/export.ts";
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import { readInode, walk } from "../../../workers/kernel/filesystem/paths.ts";
import { rebaseDisk } from "../../../workers/kernel/rebase/rebase-disk.ts";
import { hexOf } from "../../../workers/shared/bytes.ts";
import type { MemoryFolder } from "../disk/memory-folder.ts";
import { start } from "../disk/support.ts";
import { MemoryStore } from "../store/memory-store.ts";

export const text = (value: string) => new TextEncoder().encode(value);

/** One version of an image. */
export interface Version {
  bytes: Uint8Array;
  /** SHA-256 of the index. */
  base: string;
  store: MemoryStore;
}

export async function versionOf(fs: FileSystem, store = new MemoryStore()): Promise<Version> {
  const { index } = await exportTree(fs, { put: (content) => store.put(content) });
  return { bytes: index, base: hexOf(sha256(index)), store };
}

export function treeOf({ bytes, store }: Version): FileSystem {
  return new FileSystem({ index: decodeTreeIndex(bytes), store });
}

/** A visitor's disk on a version. */
export async function diskOn(folder: MemoryFolder, { bytes, base, store }: Version) {
  const opened = await start(folder, { base, index: decodeTreeIndex(bytes), store });
  await saveIndex(folder, base, bytes);
  return opened;
}

/** Closes the disk, opens it on another version, as the kernel does, and gives its tree. */
export async function rebased(folder: MemoryFolder, { bytes, base, store }: Version) {
  const index = decodeTreeIndex(bytes);
  const open = async () => (await start(folder, { base, index, store, begins: false })).disk;
  const disk: OpenDisk = {
    overlay: await open(),
    storage: "opfs",
    saveIndex: (of, bytes) => saveIndex(folder, of, bytes),
    loadIndex: (of) => loadIndex(folder, of),
    reopen: async () => {
      disk.overlay = await open();
    },
    release: () => {},
  };
  const missing = await rebaseDisk(disk, { index, base, store });
  expect(disk.overlay.base).toBe(base);
  const fs = new FileSystem({ index, store, overlay: disk.overlay });
  await disk.overlay.begin(fs);
  return { fs, missing, disk };
}

/** Everything that programs see of a tree, times of directories apart. */
export async function listing(fs: FileSystem): Promise<unknown[]> {
  const firsts = new Map<number, string>();
  const lines: unknown[] = [];
  for (const { path, inode } of walk(fs)) {
    const first = firsts.get(inode.number);
    if (first === undefined) firsts.set(inode.number, path);
    const { mode, uid, gid, nlink, rdev, target, xattrs, mtime, isDirectory } = inode;
    const content = inode.isFile ? Buffer.from(await readInode(fs, inode)).toString("base64") : "";
    const time = isDirectory ? undefined : `${mtime.seconds}.${mtime.nanoseconds}`;
    const fields = [mode.toString(8), uid, gid, nlink, rdev, target, [...(xattrs ?? [])], time];
    lines.push([path, first, ...fields, content]);
  }
  return lines;
}

export const summary = async (fs: FileSystem) =>
  Promise.all(
    [...walk(fs)]
      .filter(({ inode }) => !inode.isDirectory)
      .map(async ({ path, inode }) =>
        [
          path,
          inode.target === undefined
            ? Buffer.from(await readInode(fs, inode)).toString()
            : `-> ${inode.target}`,
        ].join(" "),
      ),
  );
