/** What a process may do with a file, as path_resolution(7) has it. In the guest its own kernel decides. */
import type { Creation } from "../filesystem/filesystem.ts";
import type { Inode } from "../filesystem/inode.ts";
import { PosixError } from "../filesystem/posix-error.ts";

/** Who a process is. */
export interface Credentials {
  uid: number;
  gid: number;
  groups: readonly number[];
  /** Permissions that new files do not get. */
  umask: number;
}

/** Bits of a permission; several may be asked for at once. */
export const READ = 4;
export const WRITE = 2;
export const EXECUTE = 1;

const STICKY = 0o1000;
const ANY_EXECUTE = 0o111;
const OWNER_SHIFT = 6;
const GROUP_SHIFT = 3;
const SUPERUSER = 0;

/** @throws PosixError EACCES */
export function checkAccess(inode: Inode, who: Credentials, wanted: number): void {
  if (who.uid === SUPERUSER) {
    const runs = inode.isDirectory || (inode.mode & ANY_EXECUTE) !== 0;
    if (runs || !(wanted & EXECUTE)) return;
    throw new PosixError("EACCES");
  }
  const shift = who.uid === inode.uid ? OWNER_SHIFT : isMember(who, inode.gid) ? GROUP_SHIFT : 0;
  if (((inode.mode >> shift) & wanted) !== wanted) throw new PosixError("EACCES");
}

/** Whether a name may be taken out of a directory. @throws PosixError EACCES, EPERM in a sticky one */
export function checkRemoval(directory: Inode, inode: Inode, who: Credentials): void {
  checkAccess(directory, who, WRITE | EXECUTE);
  const owns = who.uid === SUPERUSER || who.uid === directory.uid || who.uid === inode.uid;
  if (directory.mode & STICKY && !owns) throw new PosixError("EPERM");
}

/** Whether times may be set: to any by the owner, to the present by who may write. */
export function checkTimes(inode: Inode, who: Credentials, isNow: boolean): void {
  if (who.uid === SUPERUSER || who.uid === inode.uid) return;
  if (!isNow) throw new PosixError("EPERM");
  checkAccess(inode, who, WRITE);
}

/** What a new inode of a process starts with. */
export function newInode({ uid, gid, umask }: Credentials, mode: number): Creation {
  return { mode: mode & ~umask, uid, gid };
}

function isMember({ gid, groups }: Credentials, group: number): boolean {
  return gid === group || groups.includes(group);
}
