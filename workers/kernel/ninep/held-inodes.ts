/**
 * What a guest that goes on from a snapshot believes to know. Its caches were dropped before the snapshot
 * was taken, but not of what was in use: open files and mapped programs with their contents, working
 * folders and the way to them with their names and attributes. If the tree has changed there since, the
 * guest would go on with what is no longer so.
 */
import type { TreeIndex } from "../../../images/format/tree-index.ts";
import type { FileSystem } from "../filesystem/filesystem.ts";
import { compareTimestamps, type Timestamp } from "../filesystem/time.ts";
import type { SavedTree } from "../filesystem/tree-restore.ts";
import type { SavedFid } from "./state.ts";

/** Attributes that a guest keeps of what is in use. */
interface Known {
  mode: number;
  uid: number;
  gid: number;
  /** Changes with everything else. */
  ctime: Timestamp;
}

export class HeldInodes {
  private readonly fs: FileSystem;
  private readonly base: TreeIndex;
  private readonly saved: Map<number, Known>;

  /**
   * @param fs the tree as it is now
   * @param base of it
   * @param saved in what the tree differed from its base when the snapshot was taken
   */
  constructor(fs: FileSystem, base: TreeIndex, saved: SavedTree) {
    this.fs = fs;
    this.base = base;
    this.saved = new Map(saved.nodes.map(({ fields }) => [fields.number, fields]));
  }

  /** Whether a fid leads where it led, to the same content. Directories may have other entries. */
  isUnchanged({ inode: number, parent, name }: SavedFid): boolean {
    const inode = this.fs.inode(number);
    const known = this.known(number);
    if (!inode || !known) return false;
    if (inode.mode !== known.mode || inode.uid !== known.uid || inode.gid !== known.gid)
      return false;
    if (!inode.isDirectory && compareTimestamps(inode.ctime, known.ctime) !== 0) return false;
    if (parent === 0 || inode.isOrphan || name === "." || name === "..") return true;
    return this.fs.inode(parent)?.directory?.get(name)?.inode === inode;
  }

  private known(number: number): Known | undefined {
    const inBase = this.base.inodes[number - 1];
    return this.saved.get(number) ?? (inBase && { ...inBase, ctime: inBase.mtime });
  }
}
