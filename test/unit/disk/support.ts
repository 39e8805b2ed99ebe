import type { TreeIndex } from "../../../images/format/tree-index.ts";
import type { DiskFolder } from "../../../workers/kernel/disk/disk-file.ts";
import { DiskOverlay } from "../../../workers/kernel/disk/disk-overlay.ts";
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import type { ObjectStore } from "../../../workers/shared/store.ts";

export const BASE = "0123456789abcdef".repeat(4);

export interface DiskTree {
  disk: DiskOverlay;
  fs: FileSystem;
}

export interface StartOptions {
  base?: string;
  freeBytes?: number;
  journalBytes?: number;
  index?: TreeIndex;
  store?: ObjectStore;
  onFailure?: (error: unknown) => void;
  /** False leaves it to the caller to begin the tree. */
  begins?: boolean;
}

/** The tree of a disk, as a kernel that starts opens it. */
export async function start(folder: DiskFolder, options: StartOptions = {}): Promise<DiskTree> {
  const { index, store } = options;
  const disk = await DiskOverlay.open(folder, {
    base: options.base ?? BASE,
    freeBytes: options.freeBytes ?? 2 ** 30,
    ...(options.journalBytes === undefined ? {} : { journalBytes: options.journalBytes }),
    onFailure:
      options.onFailure ??
      ((error) => {
        throw error;
      }),
  });
  let seconds = 1_000_000;
  const fs = new FileSystem({
    overlay: disk,
    clock: () => ({ seconds: seconds++, nanoseconds: 7 }),
    ...(index ? { index } : {}),
    ...(store ? { store } : {}),
  });
  if (options.begins !== false) await disk.begin(fs);
  return { disk, fs };
}

/** Everything that differs from the base: fields, entries and contents of every changed inode. */
export function treeState(fs: FileSystem): unknown {
  const inodes = [...fs.changedInodes()].filter(({ isOrphan }) => !isOrphan);
  return inodes
    .sort((a, b) => a.number - b.number)
    .map((inode) => {
      const { number, mode, uid, gid, nlink, size, rdev, atime, mtime, ctime, version } = inode;
      const { target, xattrs, base, directory } = inode;
      const content = new Uint8Array(inode.isFile && !base ? size : 0);
      fs.overlay.read(number, 0, content);
      const entries = [...(directory?.entries() ?? [])].map(({ name, cookie, inode: child }) => [
        name,
        cookie,
        child.number,
      ]);
      const fields = [number, mode, uid, gid, nlink, size, rdev, atime, mtime, ctime, version];
      const more = [target, [...(xattrs ?? [])], base?.sha256, directory?.nextCookie];
      return [...fields, ...more, entries, Buffer.from(content).toString("base64")];
    });
}
