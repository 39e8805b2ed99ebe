/**
 * Reads files ahead. Programs read in small pieces, often of 4 or 8 KiB, and each costs a call to another
 * worker. Who goes on where he has stopped gets a large piece, and from it the next ones, as long as the
 * file does not change: its stamp tells (workers/shared/content-stamps.ts).
 */
import type { ContentStamps } from "../shared/content-stamps.ts";
import { WASI_DATA_BYTES } from "../shared/limits.ts";
import { ask, type Steps } from "./steps.ts";

/** What is here of a file. */
interface Piece {
  file: number;
  inode: number;
  stamp: number;
  /** Where it begins in the file, and what comes after it. */
  start: number;
  bytes: Uint8Array;
  /** The file ended there. */
  isLast: boolean;
}

export class ReadAhead {
  private readonly stamps: ContentStamps | undefined;
  /** The file that was read last, which inode it is, and where that ended. */
  private last: { file: number; inode: number | undefined; end: number } | undefined;
  private piece: Piece | undefined;
  private buffer: Uint8Array | undefined;

  /** @param stamps of the kernel's files; without them nothing is read ahead */
  constructor(stamps: ContentStamps | undefined) {
    this.stamps = stamps;
  }

  /**
   * Bytes of a regular file: as many as there are, up to `length`, which is WASI_DATA_BYTES at most.
   *
   * @returns a view that is good until the next call
   */
  *read(file: number, offset: number, length: number): Steps<Uint8Array> {
    const kept = this.find(file, offset, length);
    const bytes = kept ?? (yield* this.fetch(file, offset, length)).subarray(0, length);
    if (this.last) this.last.end = offset + bytes.length;
    return bytes;
  }

  private find(file: number, offset: number, length: number): Uint8Array | undefined {
    const { piece, stamps } = this;
    if (piece?.file !== file || stamps?.of(piece.inode) !== piece.stamp) return undefined;
    const at = offset - piece.start;
    const isInside = at >= 0 && at + length <= piece.bytes.length;
    const isAtEnd = piece.isLast && at >= 0 && at <= piece.bytes.length;
    return isInside || isAtEnd ? piece.bytes.subarray(at, at + length) : undefined;
  }

  private *fetch(file: number, offset: number, length: number): Steps<Uint8Array> {
    const { last, stamps } = this;
    const known = last?.file === file && last.end === offset ? last.inode : undefined;
    // Before the content is read: what changes meanwhile has another stamp.
    const stamp = known === undefined ? undefined : stamps?.of(known);
    const wanted = stamp === undefined ? length : WASI_DATA_BYTES;
    const { data, inode } = yield* ask({ op: "read", file, offset, length: wanted });
    this.last = { file, inode, end: offset };
    if (stamp === undefined || inode === undefined || inode !== known) return data;
    this.buffer ??= new Uint8Array(WASI_DATA_BYTES);
    this.buffer.set(data);
    const bytes = this.buffer.subarray(0, data.length);
    this.piece = { file, inode, stamp, start: offset, bytes, isLast: data.length < wanted };
    return bytes;
  }
}
