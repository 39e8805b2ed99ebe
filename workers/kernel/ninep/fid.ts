/** Fids: a client's handles on inodes. */
import { NINEP_MAX_FIDS } from "../../shared/limits.ts";
import type { FileSystem } from "../filesystem/filesystem.ts";
import type { Inode } from "../filesystem/inode.ts";
import type { ByteString } from "../filesystem/names.ts";
import { PosixError } from "../filesystem/posix-error.ts";
import type { XattrCondition } from "../filesystem/xattrs.ts";

/** A fid from Txattrwalk reads a value; one from Txattrcreate collects one, set at Tclunk. */
export type FidXattr =
  | { kind: "read"; value: Uint8Array }
  | {
      kind: "write";
      name: ByteString;
      value: Uint8Array;
      written: number;
      condition: XattrCondition;
    };

/** Also the identity of an open file to the lock table. */
export interface Fid {
  inode: Inode;
  /** Owner of what is made through this fid: the user who attached. */
  uid: number;
  /** Where the walk found the inode; Tremove and Trename need it. Undefined for the root. */
  parent: Inode | undefined;
  name: ByteString;
  /** Linux's open flags, once open. */
  flags: number | undefined;
  xattr: FidXattr | undefined;
}

/** The fids of one session. Each keeps its inode alive. */
export class FidTable {
  private readonly fs: FileSystem;
  private readonly fids = new Map<number, Fid>();

  constructor(fs: FileSystem) {
    this.fs = fs;
  }

  get size(): number {
    return this.fids.size;
  }

  /** @throws PosixError EBADF */
  get(number: number): Fid {
    const fid = this.fids.get(number);
    if (!fid) throw new PosixError("EBADF", `fid ${number}`);
    return fid;
  }

  /** @throws PosixError EINVAL when the number is in use, EMFILE */
  checkFree(number: number): void {
    if (this.fids.has(number)) throw new PosixError("EINVAL", `fid ${number} is in use`);
    if (this.fids.size >= NINEP_MAX_FIDS) throw new PosixError("EMFILE", "too many fids");
  }

  /** Adds a fid under a number that {@link checkFree} has let pass. */
  add(number: number, fid: Fid): void {
    this.fs.retain(fid.inode);
    this.fids.set(number, fid);
  }

  /** Makes an existing fid stand for another inode. */
  move(fid: Fid, inode: Inode): void {
    this.fs.retain(inode);
    this.fs.release(fid.inode);
    fid.inode = inode;
  }

  /** Forgets a fid and the locks made through it. @throws PosixError EBADF */
  remove(number: number): void {
    const fid = this.get(number);
    this.fids.delete(number);
    this.fs.locks.release(fid.inode.number, fid);
    this.fs.release(fid.inode);
  }

  /** Forgets all. */
  clear(): void {
    for (const number of [...this.fids.keys()]) this.remove(number);
  }

  entries(): IterableIterator<[number, Fid]> {
    return this.fids.entries();
  }
}
