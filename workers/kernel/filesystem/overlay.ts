/**
 * Where what was written over the base is kept. Content calls are synchronous, as OPFS access handles
 * are; what needs waiting is {@link OverlayBackend.sync}.
 */
import type { Inode } from "./inode.ts";
import type { ByteString } from "./names.ts";

/** A stretch of a file that is stored; what lies between extents reads as zeros. */
export interface Extent {
  offset: number;
  length: number;
}

/**
 * Told of every change of metadata, in order and after it was made. A back-end that persists the tree
 * keeps this stream; replaying it over the base gives the same tree.
 */
export interface ChangeRecorder {
  /** The fields, target, attributes or kind of content of an inode are new or changed. */
  inodeChanged(inode: Inode): void;
  /** The last name and the last user of an inode are gone. */
  inodeRemoved(number: number): void;
  /** A name was added, or now leads to another inode. */
  entryAdded(directory: Inode, name: ByteString, cookie: number, inode: Inode): void;
  entryRemoved(directory: Inode, name: ByteString): void;
}

/** Contents of files as they were at one moment, whatever is written since. */
export interface FrozenContents {
  /** As {@link OverlayBackend.extents}. */
  extents(number: number): Iterable<Extent>;
  /** As {@link OverlayBackend.read}. */
  read(number: number, offset: number, target: Uint8Array): void;
  /** Gives back what keeping them takes; they must not be read any more. */
  release(): void;
}

/** Contents of files by inode number, and the record of metadata. */
export interface OverlayBackend {
  readonly changes: ChangeRecorder;
  /** Bytes in use, and at most. */
  readonly usage: number;
  readonly capacity: number;
  /** Fills all of `target` from `offset`; what was never written is zero. */
  read(number: number, offset: number, target: Uint8Array): void;
  /** @throws PosixError ENOSPC, and then nothing was written */
  write(number: number, offset: number, source: Uint8Array): void;
  /** Forgets what lies at or beyond `size`: it reads as zeros from now on. */
  truncate(number: number, size: number): void;
  /** Forgets the file. */
  remove(number: number): void;
  /** What is stored of a file, in order. */
  extents(number: number): Iterable<Extent>;
  /** Keeps what is there now until it is released, so that it can be read while others write. */
  freeze(): FrozenContents;
  /** Settles when everything written and recorded before the call is durable. */
  sync(): Promise<void>;
}
