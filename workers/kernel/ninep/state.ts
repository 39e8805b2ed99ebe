/**
 * Fids as bytes, for a machine's snapshot. Each, as in overlay-image.ts:
 *
 *     number, inode, uid, parent (0 for none), name, 0 or flags + 1
 *     0, or 1 and a value (reading an attribute), or 2 and name, value, written, condition
 *     locks, and for each: start, 0 or end, 1 if exclusive, client, process
 */
import { ByteReader, type ByteWriter, copyOf } from "../../shared/bytes.ts";
import { TabnixError } from "../../shared/errors.ts";
import { MAX_XATTR_VALUE_BYTES } from "../../shared/limits.ts";
import type { FileSystem } from "../filesystem/filesystem.ts";
import type { HeldLock } from "../filesystem/locks.ts";
import { PosixError } from "../filesystem/posix-error.ts";
import type { XattrCondition } from "../filesystem/xattrs.ts";
import type { Fid, FidTable, FidXattr } from "./fid.ts";

const NO_XATTR = 0;
const READS_XATTR = 1;
const WRITES_XATTR = 2;
const CONDITIONS: XattrCondition[] = ["either", "create", "replace"];

/** A fid, with the numbers of its inodes. */
export interface SavedFid extends Omit<Fid, "inode" | "parent"> {
  number: number;
  inode: number;
  /** 0 for none. */
  parent: number;
  locks: SavedLock[];
}

export interface SavedSession {
  messageBytes: number;
  fids: SavedFid[];
}

interface SavedLock {
  start: number;
  end: number;
  exclusive: boolean;
  client: string;
  process: number;
}

export function saveFids(writer: ByteWriter, fids: FidTable, fs: FileSystem): void {
  writer.varint(fids.size);
  for (const [number, fid] of fids.entries()) {
    // A directory above an orphan may be gone for good.
    const parent =
      fid.parent && fs.inode(fid.parent.number) === fid.parent ? fid.parent : undefined;
    writer.varint(number);
    writer.varint(fid.inode.number);
    writer.varint(fid.uid);
    writer.varint(parent?.number ?? 0);
    writer.string(fid.name);
    writer.varint(fid.flags === undefined ? 0 : fid.flags + 1);
    saveXattr(writer, fid.xattr);
    const locks = fs.locks.heldBy(fid.inode.number, fid);
    writer.varint(locks.length);
    for (const held of locks) saveLock(writer, held);
  }
}

/** Makes fids of what {@link StateReader.session} has read. @throws TabnixError `malformed` */
export function restoreFids(
  saved: readonly SavedFid[],
  fids: FidTable,
  fs: FileSystem,
  reader: StateReader,
): void {
  for (const { number, inode: inodeNumber, parent: parentNumber, locks, ...rest } of saved) {
    const inode = fs.inode(inodeNumber) ?? reader.fail("a fid has no inode");
    const parent = parentNumber === 0 ? undefined : fs.inode(parentNumber);
    if (parentNumber !== 0 && !parent?.isDirectory) reader.fail("a fid has no parent");
    const fid: Fid = { ...rest, inode, parent };
    try {
      fids.checkFree(number);
      fids.add(number, fid);
      for (const { start, end, exclusive, client, process } of locks) {
        fs.locks.lock(inodeNumber, { client, process, file: fid }, { start, end }, exclusive);
      }
    } catch (error) {
      if (error instanceof PosixError) reader.fail(error.message);
      throw error;
    }
  }
}

function saveXattr(writer: ByteWriter, xattr: FidXattr | undefined): void {
  if (!xattr) {
    writer.u8(NO_XATTR);
    return;
  }
  writer.u8(xattr.kind === "read" ? READS_XATTR : WRITES_XATTR);
  writer.varint(xattr.value.length);
  writer.append(xattr.value);
  if (xattr.kind === "read") return;
  writer.string(xattr.name);
  writer.varint(xattr.written);
  writer.u8(CONDITIONS.indexOf(xattr.condition));
}

function saveLock(writer: ByteWriter, { owner, start, end, exclusive }: HeldLock): void {
  writer.varint(start);
  writer.varint(end === Number.POSITIVE_INFINITY ? 0 : end);
  writer.u8(exclusive ? 1 : 0);
  writer.string(owner.client);
  writer.varint(owner.process);
}

/** Reads the state of a server and its sessions. */
export class StateReader extends ByteReader {
  override fail(reason: string): never {
    throw new TabnixError(
      "malformed",
      `The saved state of the filesystem's clients is broken: ${reason}.`,
      "Start without the snapshot, or build the image again.",
    );
  }

  session(): SavedSession {
    return { messageBytes: this.varint(), fids: this.fids() };
  }

  private fids(): SavedFid[] {
    return Array.from({ length: this.count() }, () => this.fid());
  }

  private fid(): SavedFid {
    const number = this.varint();
    const inode = this.varint();
    const uid = this.varint();
    const parent = this.varint();
    const name = this.string();
    const flags = this.varint();
    const xattr = this.xattr();
    const locks = Array.from({ length: this.count() }, () => this.lock());
    return {
      number,
      inode,
      uid,
      parent,
      name,
      flags: flags === 0 ? undefined : flags - 1,
      xattr,
      locks,
    };
  }

  private lock(): SavedLock {
    return {
      start: this.varint(),
      end: this.varint() || Number.POSITIVE_INFINITY,
      exclusive: this.u8() === 1,
      client: this.string(),
      process: this.varint(),
    };
  }

  private xattr(): FidXattr | undefined {
    const kind = this.u8();
    if (kind === NO_XATTR) return undefined;
    const value = copyOf(this.take(this.varint()));
    if (kind === READS_XATTR) return { kind: "read", value };
    if (kind !== WRITES_XATTR) this.fail("a fid has no kind");
    if (value.length > MAX_XATTR_VALUE_BYTES) this.fail("an attribute is too long");
    const name = this.string();
    const written = this.varint();
    const condition = CONDITIONS[this.u8()] ?? this.fail("an attribute has no condition");
    return { kind: "write", name, value, written, condition };
  }
}
