/** The present tree as an index, with what was written put into an object store. */
import type { ArtefactReference } from "../../../images/format/manifest.ts";
import {
  encodeTreeIndex,
  type IndexEntry,
  type IndexInode,
  type TreeIndex,
} from "../../../images/format/tree-index.ts";
import type { FileSystem } from "./filesystem.ts";
import { type Inode, S_IFBLK, S_IFCHR } from "./inode.ts";
import { toText } from "./names.ts";
import { readInode } from "./paths.ts";

export interface ExportOptions {
  /** Stores a file's content. Several calls run at once. */
  put: (bytes: Uint8Array) => Promise<ArtefactReference>;
  /**
   * Decides what becomes of a name, for reproducible images: the node as it is, a changed one (clamped
   * times), or undefined to leave the name out with all below it. An inode with several names is asked
   * about for each; what the first one makes of it holds.
   */
  normalise?: (node: IndexInode, path: string) => IndexInode | undefined;
}

export interface ExportedTree {
  /** See images/format/tree-index.ts. */
  index: Uint8Array<ArrayBuffer>;
  /** Regular files, and the sum of their sizes; a file with several names counts once. */
  files: number;
  bytes: number;
}

/** Contents read and stored at the same time: enough to keep a pool of compressors busy. */
const PARALLEL_PUTS = 8;

/** Exports everything that has a name. Nothing may write meanwhile. */
export async function exportTree(fs: FileSystem, options: ExportOptions): Promise<ExportedTree> {
  const builder = new IndexBuilder(options.normalise ?? ((node) => node));
  builder.add(fs.root, "/");
  const waiting = builder.unstored.values();
  const lane = async () => {
    for (const { inode, node } of waiting)
      node.content = await options.put(await readInode(fs, inode));
  };
  await Promise.all(Array.from({ length: PARALLEL_PUTS }, lane));
  const { tree, files, bytes } = builder;
  return { index: encodeTreeIndex(tree), files, bytes };
}

/** A file whose content is not in the store yet. */
interface Unstored {
  inode: Inode;
  node: IndexInode;
}

class IndexBuilder {
  readonly tree: TreeIndex = { inodes: [] };
  readonly unstored: Unstored[] = [];
  files = 0;
  bytes = 0;
  private readonly numbers = new Map<Inode, number>();
  private readonly normalise: NonNullable<ExportOptions["normalise"]>;

  constructor(normalise: NonNullable<ExportOptions["normalise"]>) {
    this.normalise = normalise;
  }

  /** @returns the number the index has for it, or undefined when it is left out */
  add(inode: Inode, path: string): number | undefined {
    const node = this.normalise(nodeOf(inode), path);
    if (!node) return undefined;
    const present = this.numbers.get(inode);
    if (present !== undefined) return present;
    const number = this.tree.inodes.push(node);
    this.numbers.set(inode, number);
    if (inode.directory) node.entries = this.entriesOf(inode, path);
    if (inode.isFile) {
      this.files += 1;
      this.bytes += inode.size;
      if (inode.size > 0 && !inode.base) this.unstored.push({ inode, node });
    }
    return number;
  }

  private entriesOf(directory: Inode, path: string): IndexEntry[] {
    const entries: IndexEntry[] = [];
    for (const { name, inode } of directory.directory?.entries() ?? []) {
      const number = this.add(inode, `${path === "/" ? "" : path}/${toText(name)}`);
      if (number !== undefined) entries.push({ name, number });
    }
    return entries;
  }
}

function nodeOf(inode: Inode): IndexInode {
  const { mode, uid, gid, mtime, base, target, type } = inode;
  const node: IndexInode = { mode, uid, gid, mtime };
  if (base) node.content = base;
  if (target !== undefined) node.target = target;
  if (type === S_IFCHR || type === S_IFBLK) node.rdev = inode.rdev;
  if (inode.xattrs?.size) {
    node.xattrs = [...inode.xattrs].map(([name, value]) => ({ name, value }));
  }
  return node;
}
