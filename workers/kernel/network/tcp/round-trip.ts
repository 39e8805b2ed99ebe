/** How long to wait for an acknowledgement (RFC 6298), from single measured segments (Karn's algorithm). */
import { TCP_MAX_RTO_MS, TCP_MIN_RTO_MS } from "../../../shared/limits.ts";
import { isBefore } from "./sequence.ts";

const INITIAL_RTO_MS = 1000;

export class RoundTrip {
  #smoothed: number | undefined;
  #variation = 0;
  #timeout = INITIAL_RTO_MS;
  #backoff = 1;
  /** The segment that is measured: acknowledged when this number is. */
  #measured: { end: number; sentAt: number } | undefined;

  /** The retransmission timeout now, in milliseconds. */
  get timeout(): number {
    return Math.min(this.#timeout * this.#backoff, TCP_MAX_RTO_MS);
  }

  /** A segment that was not sent before is on its way. */
  sent(end: number, now: number): void {
    this.#measured ??= { end, sentAt: now };
  }

  acknowledged(number: number, now: number): void {
    this.#backoff = 1;
    if (!this.#measured || isBefore(number, this.#measured.end)) return;
    this.#update(now - this.#measured.sentAt);
    this.#measured = undefined;
  }

  /** Segments are sent again: which of them is acknowledged cannot be told, and the peer gets more time. */
  timedOut(): void {
    this.#measured = undefined;
    this.#backoff *= 2;
  }

  /** A segment is sent again before its time is over. */
  resent(): void {
    this.#measured = undefined;
  }

  #update(sample: number): void {
    if (this.#smoothed === undefined) {
      this.#smoothed = sample;
      this.#variation = sample / 2;
    } else {
      this.#variation = 0.75 * this.#variation + 0.25 * Math.abs(this.#smoothed - sample);
      this.#smoothed = 0.875 * this.#smoothed + 0.125 * sample;
    }
    this.#timeout = Math.max(this.#smoothed + 4 * this.#variation, TCP_MIN_RTO_MS);
  }
}
