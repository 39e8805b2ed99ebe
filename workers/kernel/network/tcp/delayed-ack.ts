/** When what has come is acknowledged: at once, or together with what comes next (RFC 9293, 3.8.6.3). */
import { TCP_DELAYED_ACK_MS } from "../../../shared/limits.ts";
import { type Clock, Timer } from "../clock.ts";

export interface DelayedAckHost {
  readonly clock: Clock;
  /** Sends an acknowledgement now; {@link DelayedAck.sent} is called for it as for any other. */
  acknowledge(): void;
}

export class DelayedAck {
  readonly #host: DelayedAckHost;
  readonly #mss: number;
  readonly #timer: Timer;
  /** Bytes that have come since the last acknowledgement. */
  #bytes = 0;

  /** @param mss the largest segment that the link takes */
  constructor(host: DelayedAckHost, mss: number) {
    this.#host = host;
    this.#mss = mss;
    this.#timer = new Timer(host.clock, () => host.acknowledge());
  }

  /** So many bytes have come. Every second full segment is acknowledged at once, and what is urgent. */
  received(bytes: number, isUrgent: boolean): void {
    this.#bytes += bytes;
    if (isUrgent || this.#bytes >= 2 * this.#mss) this.#host.acknowledge();
    else if (!this.#timer.isSet) this.#timer.set(TCP_DELAYED_ACK_MS);
  }

  /** A segment that acknowledges everything goes out. */
  sent(): void {
    this.#timer.clear();
    this.#bytes = 0;
  }

  /** Sends nothing any more. */
  close(): void {
    this.#timer.clear();
  }
}
