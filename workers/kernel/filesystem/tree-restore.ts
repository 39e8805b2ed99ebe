/** Gives a tree back the inodes in which it differed from its base, checking that it is a tree. */
import { Directory } from "./directory.ts";
import type { FileSystem } from "./filesystem.ts";
import { Inode, ROOT_NUMBER, S_IFDIR, S_IFMT } from "./inode.ts";
import type { SavedEntry, SavedInode } from "./inode-codec.ts";
import type { ByteString } from "./names.ts";

/** One inode that differs from the base, or is not in it. */
export interface SavedNode extends SavedInode {
  /** Of a file: its content is the base's. */
  keepsBase: boolean;
  /** Of a directory: the number of the one above. */
  parent: number;
  nextCookie: number;
  /** In the order of their cookies. */
  entries: SavedEntry[];
  /** Of a symbolic link. */
  target: ByteString | undefined;
}

export interface SavedTree {
  nextNumber: number;
  /** Numbers of the base's inodes that are gone. */
  removed: number[];
  nodes: SavedNode[];
}

/** Throws the error that a broken document of its kind deserves. */
type Fail = (reason: string) => never;

/**
 * Makes the tree of a new filesystem what the saved one was; contents are the caller's. Orphans come
 * back without users: whoever used them takes them up again, and {@link FileSystem.dropUnusedOrphans}
 * forgets the rest.
 */
export function restoreTree(fs: FileSystem, saved: SavedTree, fail: Fail): void {
  const known = new Map(saved.nodes.map((node) => [node.fields.number, inodeOf(fs, node, fail)]));
  const removed = new Set(saved.removed);
  const find = (number: number): Inode => {
    const inode = known.get(number) ?? (removed.has(number) ? undefined : fs.inode(number));
    return inode ?? fail(`there is no inode ${number}`);
  };
  for (const node of saved.nodes) fill(find(node.fields.number), node, find, fail);
  fs.adopt(known.values(), saved.removed, saved.nextNumber);
  checkTree([...known.values()], fail);
}

/** The inode of that number: the base's own, which unchanged directories lead to, or a new one. */
function inodeOf(fs: FileSystem, { fields, keepsBase }: SavedNode, fail: Fail): Inode {
  const present = fs.inode(fields.number);
  if (!present) {
    if (keepsBase) fail(`inode ${fields.number} has no base`);
    return new Inode(fields);
  }
  if (present.type !== (fields.mode & S_IFMT)) fail("an inode changed its type");
  if (keepsBase && present.base?.size !== (fields.size || undefined)) {
    fail(`inode ${fields.number} has another base`);
  }
  const { number: _, ...mutable } = fields;
  return Object.assign(present, mutable);
}

function fill(inode: Inode, node: SavedNode, find: (number: number) => Inode, fail: Fail): void {
  inode.version = node.version;
  inode.xattrs = node.xattrs;
  inode.target = node.target;
  if (!node.keepsBase) inode.base = undefined;
  if (inode.type !== S_IFDIR) return;
  inode.parent = find(node.parent);
  const directory = new Directory();
  for (const { name, number, cookie } of node.entries) {
    if (directory.get(name)) fail("a name comes twice");
    if (cookie < directory.nextCookie) fail("cookies are out of order");
    directory.insert({ name, cookie, inode: find(number) });
  }
  if (node.nextCookie < directory.nextCookie) fail("a cookie would come twice");
  directory.nextCookie = node.nextCookie;
  inode.directory = directory;
}

/** Checks that the ways up from the restored directories end at the root, or at an orphan. */
function checkTree(inodes: Inode[], fail: Fail): void {
  const sound = new Set<Inode>();
  for (const inode of inodes) {
    for (const { inode: child } of inode.directory?.entries() ?? []) {
      if (child.isOrphan) fail("a name leads to an orphan");
      if (child.number === ROOT_NUMBER) fail("a name leads to the root");
      if (child.isDirectory && child.parent !== inode) fail("a directory has two parents");
    }
    if (!inode.isDirectory) continue;
    const way = new Set<Inode>();
    let above: Inode = inode;
    while (!sound.has(above) && above.number !== ROOT_NUMBER && !above.isOrphan) {
      if (way.has(above)) fail("a directory is inside itself");
      way.add(above);
      if (!above.parent?.isDirectory) fail("a parent is not a directory");
      above = above.parent;
    }
    for (const passed of way) sound.add(passed);
  }
}
