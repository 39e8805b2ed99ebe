/** Inodes as the page sees them. */
import type { Inode } from "../filesystem/inode.ts";
import { PERMISSIONS } from "../filesystem/inode.ts";
import { toText } from "../filesystem/names.ts";
import type { FileKind, FileStatus } from "./contract.ts";

const MILLISECONDS = 1000;
const NANOSECONDS = 1e6;

/** @param end where a symbolic link leads, if anywhere */
export function statusOf(inode: Inode, end: Inode | undefined): FileStatus {
  const { number, version, mode, uid, gid, mtime, target } = inode;
  return {
    inode: number,
    version,
    kind: kindOf(inode),
    size: inode.isDirectory ? 0 : inode.size,
    mode: mode & PERMISSIONS,
    uid,
    gid,
    mtime: mtime.seconds * MILLISECONDS + mtime.nanoseconds / NANOSECONDS,
    ...(target === undefined ? {} : { target: toText(target) }),
    ...(target === undefined || end === undefined ? {} : { leadsTo: kindOf(end) }),
  };
}

function kindOf(inode: Inode): FileKind {
  if (inode.isFile) return "file";
  if (inode.isDirectory) return "directory";
  return inode.isSymlink ? "link" : "device";
}
