/**
 * Bytes in the order of the peer's: those that can be read, and those that came before what they follow
 * (RFC 9293, 3.10.7.4). Small segments are copied together, so that what the queue costs is near to what it
 * says it holds.
 */
import { MAX_TCP_GAPS } from "../../../shared/limits.ts";
import { add, distance } from "./sequence.ts";

/** Below this a segment's bytes are copied to those before it: an array costs about as much. */
const SMALL_BYTES = 512;
const BLOCK_BYTES = 8192;

interface Range {
  sequence: number;
  bytes: Uint8Array;
}

export class ReceiveQueue {
  /** The sequence number of the next byte in order: RCV.NXT, less the FIN. */
  next: number;
  readonly #chunks: Uint8Array[] = [];
  #readable = 0;
  /** How much of the last chunk's buffer is free, where the buffer is ours. */
  #blockRoom = 0;
  /** Ahead of their turn: sorted, without overlaps. */
  #early: Range[] = [];
  #earlyBytes = 0;

  constructor(next: number) {
    this.next = next;
  }

  /** Bytes that can be read. */
  get readable(): number {
    return this.#readable;
  }

  /** Bytes that are held, in order or not. */
  get held(): number {
    return this.#readable + this.#earlyBytes;
  }

  get hasGap(): boolean {
    return this.#early.length > 0;
  }

  /** Takes bytes that lie within the window. What was there already is passed over. */
  insert(sequence: number, bytes: Uint8Array): void {
    const skip = distance(this.next, sequence);
    if (skip >= bytes.length) return;
    if (skip < 0) {
      this.#keep({ sequence, bytes });
      return;
    }
    this.#append(bytes.subarray(skip));
    this.#catchUp();
  }

  /** The first bytes, if there are any. */
  take(): Uint8Array | undefined {
    const chunk = this.#chunks.shift();
    if (!chunk) return undefined;
    this.#readable -= chunk.length;
    if (this.#chunks.length === 0) this.#blockRoom = 0;
    return chunk;
  }

  clear(): void {
    this.#chunks.length = 0;
    this.#early = [];
    this.#readable = this.#earlyBytes = this.#blockRoom = 0;
  }

  #append(bytes: Uint8Array): void {
    this.next = add(this.next, bytes.length);
    this.#readable += bytes.length;
    if (bytes.length >= SMALL_BYTES) {
      this.#chunks.push(bytes);
      this.#blockRoom = 0;
      return;
    }
    const last = this.#chunks.at(-1);
    if (last && bytes.length <= this.#blockRoom) {
      const joined = new Uint8Array(last.buffer, last.byteOffset, last.length + bytes.length);
      joined.set(bytes, last.length);
      this.#chunks[this.#chunks.length - 1] = joined;
    } else {
      const block = new Uint8Array(BLOCK_BYTES);
      block.set(bytes);
      this.#chunks.push(block.subarray(0, bytes.length));
      this.#blockRoom = BLOCK_BYTES;
    }
    this.#blockRoom -= bytes.length;
  }

  /** Puts early bytes into their place; those that others cover already are cut off. */
  #keep(range: Range): void {
    const kept: Range[] = [];
    let rest: Range | undefined = range;
    for (const other of this.#early) {
      if (rest && distance(rest.sequence, other.sequence) < 0) {
        const before = distance(other.sequence, rest.sequence);
        kept.push({ sequence: rest.sequence, bytes: rest.bytes.subarray(0, before) });
        rest = cutFront(rest, before);
      }
      kept.push(other);
      if (rest)
        rest = cutFront(rest, distance(add(other.sequence, other.bytes.length), rest.sequence));
    }
    if (rest) kept.push(rest);
    // Whoever sends single bytes with gaps has to send some of them again.
    if (kept.length > MAX_TCP_GAPS) return;
    this.#setEarly(kept.map((part) => (part === range ? copyOfSmall(part) : part)));
  }

  #catchUp(): void {
    let first = this.#early[0];
    if (!first) return;
    const left = [...this.#early];
    while (first && distance(this.next, first.sequence) >= 0) {
      left.shift();
      const rest = cutFront(first, distance(this.next, first.sequence));
      if (rest) this.#append(rest.bytes);
      first = left[0];
    }
    this.#setEarly(left);
  }

  #setEarly(ranges: Range[]): void {
    this.#early = ranges;
    this.#earlyBytes = ranges.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }
}

/** What is left of a range after its first bytes. */
function cutFront({ sequence, bytes }: Range, count: number): Range | undefined {
  if (count <= 0) return { sequence, bytes };
  if (count >= bytes.length) return undefined;
  return { sequence: add(sequence, count), bytes: bytes.subarray(count) };
}

/** A few bytes shall not keep their frame. */
function copyOfSmall(range: Range): Range {
  return range.bytes.length < SMALL_BYTES ? { ...range, bytes: range.bytes.slice() } : range;
}
