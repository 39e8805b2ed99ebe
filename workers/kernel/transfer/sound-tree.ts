/**
 * What a tree of unknown origin must be, beyond what restoreTree checks: numbers that Linux knows, names that
 * lead to what is there, and as many of them as each inode says.
 */
import {
  MAX_PATH_BYTES,
  MAX_XATTR_LIST_BYTES,
  MAX_XATTR_NAME_BYTES,
  MAX_XATTR_VALUE_BYTES,
} from "../../shared/limits.ts";
import type { FileSystem } from "../filesystem/filesystem.ts";
import {
  type Inode,
  PERMISSIONS,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
} from "../filesystem/inode.ts";
import { listXattrs } from "../filesystem/xattrs.ts";

const TYPES = [S_IFREG, S_IFDIR, S_IFLNK, S_IFIFO, S_IFSOCK, S_IFCHR, S_IFBLK];
const LARGEST = 2 ** 32 - 1;
const SECOND = 1e9;

/** @param fail throws the error that a broken document deserves */
export function checkSound(fs: FileSystem, fail: (reason: string) => never): void {
  const names = namesOf(fs, fail);
  for (const inode of fs.changedInodes()) {
    if (!names.has(inode)) fail(`inode ${inode.number} has no name`);
  }
  for (const [inode, links] of names) {
    checkFields(inode, fail);
    if (inode.nlink !== links) fail(`inode ${inode.number} has another number of links`);
  }
}

/** The links that each inode of the tree should have. */
function namesOf(fs: FileSystem, fail: (reason: string) => never): Map<Inode, number> {
  const links = new Map<Inode, number>([[fs.root, 2]]);
  const waiting: Inode[] = [fs.root];
  for (let parent = waiting.pop(); parent; parent = waiting.pop()) {
    for (const { inode } of parent.directory?.entries() ?? []) {
      if (fs.inode(inode.number) !== inode)
        fail(`a name leads to inode ${inode.number}, which is gone`);
      const before = links.get(inode);
      if (inode.isDirectory) {
        if (before !== undefined) fail("a directory has two names");
        links.set(inode, 2);
        links.set(parent, (links.get(parent) ?? 0) + 1);
        waiting.push(inode);
      } else {
        links.set(inode, (before ?? 0) + 1);
      }
    }
  }
  return links;
}

function checkFields(inode: Inode, fail: (reason: string) => never): void {
  const { mode, uid, gid, rdev, version, atime, mtime, ctime, target, xattrs } = inode;
  const isKnown = TYPES.includes(mode & S_IFMT) && mode === (mode & (S_IFMT | PERMISSIONS));
  if (!isKnown) fail("an inode has no type");
  if ([uid, gid, rdev, version].some((value) => value > LARGEST) || version === 0) {
    fail("an inode has a number that is too large");
  }
  if ([atime, mtime, ctime].some(({ nanoseconds }) => nanoseconds >= SECOND)) {
    fail("an inode has an impossible time");
  }
  if (target !== undefined) {
    const isPossible = target.length > 0 && target.length <= MAX_PATH_BYTES;
    if (!isPossible || target.includes("\0")) fail("a link has an impossible target");
    if (inode.size !== target.length) fail("a link has another size");
  }
  if (listXattrs(inode).length > MAX_XATTR_LIST_BYTES) fail("an inode has too many attributes");
  for (const [name, value] of xattrs ?? []) {
    const isPossible = name.length > 0 && name.length <= MAX_XATTR_NAME_BYTES;
    if (!isPossible || name.includes("\0")) fail("an attribute has an impossible name");
    if (value.length > MAX_XATTR_VALUE_BYTES) fail("an attribute is too long");
  }
}
