/** The inodes of an image, made from its index. */
import type { IndexInode, TreeIndex } from "../../../images/format/tree-index.ts";
import { Directory } from "./directory.ts";
import { Inode, S_IFDIR } from "./inode.ts";
import type { Timestamp } from "./time.ts";

/** An index with nothing but an empty root directory. */
export function emptyTree(mtime: Timestamp): TreeIndex {
  return { inodes: [{ mode: S_IFDIR | 0o755, uid: 0, gid: 0, mtime, entries: [] }] };
}

/** The inodes of an index, in the order of their numbers. */
export function inodesOf(index: TreeIndex): Inode[] {
  const inodes = index.inodes.map((fields, position) => inodeOf(fields, position + 1));
  index.inodes.forEach(({ entries }, position) => {
    if (!entries) return;
    const parent = inodes[position] as Inode;
    const directory = parent.directory as Directory;
    for (const { name, number } of entries) {
      const child = inodes[number - 1] as Inode;
      directory.add(name, child);
      if (child.directory) {
        child.parent = parent;
        parent.nlink += 1;
      } else {
        child.nlink += 1;
      }
    }
  });
  const root = inodes[0] as Inode;
  root.parent = root;
  return inodes;
}

/** Without names: a directory has the link of its own ".", and its parent's entry. */
function inodeOf(fields: IndexInode, number: number): Inode {
  const { mtime, content, target } = fields;
  const inode = new Inode({
    number,
    mode: fields.mode,
    uid: fields.uid,
    gid: fields.gid,
    nlink: fields.entries ? 2 : 0,
    size: content?.size ?? target?.length ?? 0,
    rdev: fields.rdev ?? 0,
    atime: mtime,
    mtime,
    ctime: mtime,
  });
  inode.base = content;
  inode.target = target;
  if (fields.entries) inode.directory = new Directory();
  if (fields.xattrs) inode.xattrs = new Map(fields.xattrs.map(({ name, value }) => [name, value]));
  return inode;
}
