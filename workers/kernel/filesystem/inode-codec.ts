/**
 * Inodes as bytes, in a machine's snapshot (overlay-image.ts) and on a disk (disk/records.ts):
 *
 *     number, mode, uid, gid, nlink, size, rdev, version
 *     atime, mtime, ctime: seconds (zigzag), nanoseconds
 *     attributes, and for each: name, value
 *
 * Numbers are LEB128, strings and values are behind their length.
 */
import { ByteReader, type ByteWriter, copyOf } from "../../shared/bytes.ts";
import { MAX_FILE_SIZE } from "../../shared/limits.ts";
import type { Inode, InodeFields } from "./inode.ts";
import { type ByteString, checkNewName } from "./names.ts";
import { PosixError } from "./posix-error.ts";
import type { Timestamp } from "./time.ts";

/** What is written of every inode, whatever its type. */
export interface SavedInode {
  fields: InodeFields;
  version: number;
  xattrs: Map<ByteString, Uint8Array> | undefined;
}

/** A name in a saved directory. */
export interface SavedEntry {
  name: ByteString;
  number: number;
  cookie: number;
}

export function writeInode(writer: ByteWriter, inode: Inode): void {
  writer.varint(inode.number);
  writer.varint(inode.mode);
  writer.varint(inode.uid);
  writer.varint(inode.gid);
  writer.varint(inode.nlink);
  writer.varint(inode.size);
  writer.varint(inode.rdev);
  writer.varint(inode.version);
  for (const { seconds, nanoseconds } of [inode.atime, inode.mtime, inode.ctime]) {
    writer.signedVarint(seconds);
    writer.varint(nanoseconds);
  }
  writer.varint(inode.xattrs?.size ?? 0);
  for (const [name, value] of inode.xattrs ?? []) {
    writer.string(name);
    writeBytes(writer, value);
  }
}

export function writeBytes(writer: ByteWriter, bytes: Uint8Array): void {
  writer.varint(bytes.length);
  writer.append(bytes);
}

/** Reads what {@link writeInode} wrote, and other parts of documents with inodes in them. */
export abstract class InodeReader extends ByteReader {
  abstract override fail(reason: string): never;

  /** @param limit the largest number an inode may have */
  inode(limit: number): SavedInode {
    const number = this.number(limit);
    const mode = this.varint();
    const uid = this.varint();
    const gid = this.varint();
    const nlink = this.varint();
    const size = this.number(MAX_FILE_SIZE, 0);
    const rdev = this.varint();
    const version = this.varint();
    const [atime, mtime, ctime] = [this.time(), this.time(), this.time()];
    const xattrs = this.list(() => [this.string(), this.blob()] as const);
    return {
      fields: { number, mode, uid, gid, nlink, size, rdev, atime, mtime, ctime },
      version,
      xattrs: xattrs.length > 0 ? new Map(xattrs) : undefined,
    };
  }

  list<T>(item: () => T): T[] {
    return Array.from({ length: this.count() }, item);
  }

  number(limit: number, least = 1): number {
    const value = this.varint();
    if (value < least || value > limit) this.fail("a number is out of range");
    return value;
  }

  blob(): Uint8Array {
    return copyOf(this.take(this.varint()));
  }

  entry(): SavedEntry {
    return { name: this.entryName(), number: this.varint(), cookie: this.varint() };
  }

  entryName(): ByteString {
    const name = this.string();
    try {
      checkNewName(name);
    } catch (error) {
      if (error instanceof PosixError) this.fail("a name is impossible");
      throw error;
    }
    return name;
  }

  private time(): Timestamp {
    return { seconds: this.signedVarint(), nanoseconds: this.varint() };
  }
}
