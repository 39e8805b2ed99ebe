/**
 * One connection's way in: what of a segment is new, what can be read, and how much more the peer may send
 * (RFC 9293, 3.8.6). RCV.NXT and RCV.WND are the specification's.
 */
import { TCP_RECEIVE_BYTES } from "../../../shared/limits.ts";
import { ReceiveQueue } from "./receive-queue.ts";
import { add, distance, isBefore, later } from "./sequence.ts";

/** The window is told in units of 2^4 bytes: what a header's 16 bits say is up to a megabyte. */
export const WINDOW_SHIFT = 4;
const MAX_WINDOW_FIELD = 0xffff;
/** Segments that a peer may send while memory is short. */
const SCARCE_SEGMENTS = 2;

export class Receiver {
  readonly #queue: ReceiveQueue;
  readonly #mss: number;
  /** The sequence number after the last that the peer may send. It never goes back. */
  #edge: number;
  #fin: number | undefined;
  readonly #shift: number;
  readonly #capacity: number;

  /** @param first the sequence number of the peer's first byte */
  constructor(first: number, options: { mss: number; scales: boolean }) {
    this.#queue = new ReceiveQueue(first);
    this.#edge = first;
    this.#mss = options.mss;
    this.#shift = options.scales ? WINDOW_SHIFT : 0;
    this.#capacity = Math.min(TCP_RECEIVE_BYTES, MAX_WINDOW_FIELD << this.#shift);
  }

  /** RCV.NXT: what is acknowledged. */
  get next(): number {
    return this.hasEnded ? add(this.#queue.next, 1) : this.#queue.next;
  }

  /** The peer's FIN and everything before it is here. */
  get hasEnded(): boolean {
    return this.#fin === this.#queue.next;
  }

  get hasGap(): boolean {
    return this.#queue.hasGap;
  }

  /** Bytes that are held. */
  get held(): number {
    return this.#queue.held;
  }

  /** The first bytes that can be read. */
  take(): Uint8Array | undefined {
    return this.#queue.take();
  }

  /**
   * RCV.WND, as it goes into a header. It grows by steps that are worth a segment (RFC 9293, 3.8.6.2.2).
   *
   * @param isScarce memory is short: no more than a few segments
   */
  window(isScarce: boolean): number {
    const capacity = isScarce ? SCARCE_SEGMENTS * this.#mss : this.#capacity;
    const edge = add(this.#queue.next, Math.max(capacity - this.#queue.held, 0));
    const growth = distance(edge, this.#edge);
    if (growth >= Math.min(capacity / 2, this.#mss)) this.#edge = edge;
    const window = Math.max(distance(this.#edge, this.next), 0);
    const field = Math.min(Math.ceil(window / 2 ** this.#shift), MAX_WINDOW_FIELD);
    this.#edge = later(add(this.next, field << this.#shift), this.#queue.next);
    return field;
  }

  /** RCV.WND for a segment with SYN, whose window is never scaled. */
  unscaledWindow(): number {
    const window = Math.min(this.#capacity, MAX_WINDOW_FIELD);
    this.#edge = add(this.#queue.next, window);
    return window;
  }

  /** Whether the window has become so much larger than what the peer knows that it should be told. */
  windowIsWorthTelling(): boolean {
    const known = distance(this.#edge, this.#queue.next);
    const growth = this.#capacity - this.#queue.held - known;
    // Whoever may send as much as half of it does not wait.
    return known < this.#capacity / 2 && growth >= Math.min(this.#capacity / 2, 2 * this.#mss);
  }

  /** Whether a segment touches the window (RFC 9293, 3.10.7.4). @param length bytes, SYN and FIN among them */
  accepts(sequence: number, length: number): boolean {
    const { next } = this;
    const window = distance(this.#edge, next);
    if (window <= 0) return length === 0 && sequence === next;
    const last = length > 0 ? add(sequence, length - 1) : sequence;
    const inWindow = (number: number) => !isBefore(number, next) && isBefore(number, this.#edge);
    return inWindow(sequence) || inWindow(last);
  }

  /** Takes what lies within the window. @returns whether it continued what was there */
  insert(sequence: number, payload: Uint8Array, fin: boolean): boolean {
    const before = this.next;
    const end = add(sequence, payload.length);
    const beyond = Math.max(distance(end, this.#edge), 0);
    if (payload.length > beyond) {
      this.#queue.insert(sequence, payload.subarray(0, payload.length - beyond));
    }
    if (fin && beyond === 0) this.#fin ??= end;
    return this.next !== before;
  }

  clear(): void {
    this.#queue.clear();
  }
}
