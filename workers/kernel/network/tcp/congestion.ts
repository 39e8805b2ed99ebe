/**
 * How much may be under way: slow start, congestion avoidance and fast recovery (RFC 5681), with partial
 * acknowledgements (NewReno, RFC 6582). The link to a guest loses a frame when the guest has no buffer for it.
 */
import { distance, isBefore } from "./sequence.ts";

/** Segments that may be sent before anything is known (RFC 6928). */
const INITIAL_SEGMENTS = 10;
const DUPLICATES_OF_A_LOSS = 3;

export class Congestion {
  #mss: number;
  #window: number;
  #threshold = Number.POSITIVE_INFINITY;
  #duplicates = 0;
  /** In fast recovery: everything up to here was sent before the loss was noticed. */
  #recover: number | undefined;

  constructor(mss: number) {
    this.#mss = mss;
    this.#window = INITIAL_SEGMENTS * mss;
  }

  /** Bytes that may be under way. */
  get window(): number {
    return this.#window;
  }

  /** The peer has said what segments it takes. */
  setSegmentSize(mss: number): void {
    this.#mss = mss;
    this.#window = INITIAL_SEGMENTS * mss;
  }

  /** New bytes are acknowledged. @returns whether the next segment was lost too and is to be sent again */
  acknowledged(bytes: number, upTo: number): boolean {
    this.#duplicates = 0;
    if (this.#recover === undefined) {
      this.#grow(bytes);
      return false;
    }
    if (!isBefore(upTo, this.#recover)) {
      this.#recover = undefined;
      this.#window = this.#threshold;
      return false;
    }
    this.#window = Math.max(this.#window - bytes + this.#mss, this.#mss);
    return true;
  }

  /**
   * An acknowledgement that says nothing new, while something is under way.
   *
   * @returns whether a segment is taken for lost and is to be sent again
   */
  duplicate(underWay: number, sentUpTo: number): boolean {
    this.#duplicates++;
    if (this.#recover !== undefined) {
      // Each says that another segment has left the network.
      this.#window += this.#mss;
      return false;
    }
    if (this.#duplicates !== DUPLICATES_OF_A_LOSS) return false;
    this.#recover = sentUpTo;
    this.#lost(underWay);
    this.#window = this.#threshold + DUPLICATES_OF_A_LOSS * this.#mss;
    return true;
  }

  /** Nothing was acknowledged for too long: begin again with one segment. */
  timedOut(underWay: number): void {
    this.#recover = undefined;
    this.#duplicates = 0;
    this.#lost(underWay);
    this.#window = this.#mss;
  }

  #lost(underWay: number): void {
    this.#threshold = Math.max(underWay / 2, 2 * this.#mss);
  }

  #grow(bytes: number): void {
    const step =
      this.#window < this.#threshold
        ? Math.min(bytes, 2 * this.#mss)
        : (this.#mss * this.#mss) / this.#window;
    // More than any window there is would be of no use.
    this.#window = Math.min(this.#window + step, distance(0x7fff_ffff, 0));
  }
}
