/** Fids: a client's handles on inodes. */
import { NINEP_MAX_FIDS } from "../../shared/limits.ts";
import type { FileSystem } from "../filesystem/filesystem.ts";
import type { Inode } from "../filesystem/inode.ts";
import type { ByteString } from "../filesystem/names.ts";
import { PosixError } from "../filesystem/posix-error.ts";
import type { XattrCondition } from "../filesystem/xattrs.ts";
import type { Channel } from "./service-files.ts";

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
  /** Of an open service file. */
  channel?: Channel;
}

/** A fid that a replica of the base walked to; see base-replica.ts. */
export interface FidRecord {
  number: number;
  /** The fid that it was walked from: its user is this one's too. */
  source: number;
  /** Of the base. */
  inode: number;
  /** Where it was found; as with the source unless given. */
  parent: number | undefined;
  name: ByteString;
  flags: number | undefined;
}

/** The fids of one session. Each keeps its inode alive. */
export class FidTable {
  private readonly fs: FileSystem;
  private readonly fids = new Map<number, Fid>();
  /** Adopted fids whose inode was gone by then. */
  private readonly stale = new Set<number>();

  constructor(fs: FileSystem) {
    this.fs = fs;
  }

  get size(): number {
    return this.fids.size;
  }

  has(number: number): boolean {
    return this.fids.has(number);
  }

  /** @throws PosixError EBADF, ESTALE */
  get(number: number): Fid {
    const fid = this.fids.get(number);
    if (fid) return fid;
    throw new PosixError(this.stale.has(number) ? "ESTALE" : "EBADF", `fid ${number}`);
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
    this.stale.delete(number);
  }

  /** Adds what a replica walked to. One whose number is in use, or whose source is not, is ignored. */
  adopt({ number, source, inode: inodeNumber, parent, name, flags }: FidRecord): void {
    const from = this.fids.get(source);
    if (!from || this.fids.has(number)) return;
    const inode = this.fs.inode(inodeNumber);
    if (!inode) {
      this.stale.add(number);
      return;
    }
    const place =
      parent === undefined
        ? { parent: from.parent, name: from.name }
        : { parent: this.fs.inode(parent), name };
    this.add(number, { inode, uid: from.uid, ...place, flags, xattr: undefined });
  }

  /** Makes an existing fid stand for another inode. */
  move(fid: Fid, inode: Inode): void {
    this.fs.retain(inode);
    this.fs.release(fid.inode);
    fid.inode = inode;
  }

  /** Forgets a fid and the locks made through it. @throws PosixError EBADF, ESTALE */
  remove(number: number): void {
    const fid = this.get(number);
    this.fids.delete(number);
    fid.channel?.close();
    this.fs.locks.release(fid.inode.number, fid);
    this.fs.release(fid.inode);
  }

  /** Forgets all. */
  clear(): void {
    this.stale.clear();
    for (const number of [...this.fids.keys()]) this.remove(number);
  }

  entries(): IterableIterator<[number, Fid]> {
    return this.fids.entries();
  }
}
