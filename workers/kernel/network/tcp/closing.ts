/** How one connection ends (RFC 9293, 3.6): each way by itself, and who ended first waits for stragglers. */
import { TCP_TIME_WAIT_MS } from "../../../shared/limits.ts";
import { type Clock, Timer } from "../clock.ts";

export interface ClosingHost {
  readonly clock: Clock;
  /** Our FIN and everything before it was acknowledged. */
  hasSent(): boolean;
  /** The peer's FIN and everything before it is here. */
  hasReceived(): boolean;
  /** Nothing is left to be sent or heard. */
  over(): void;
}

/** The states of RFC 9293, 3.3.2, from the end of the handshake on. */
export type ClosingState =
  | "ESTABLISHED"
  | "FIN-WAIT-1"
  | "FIN-WAIT-2"
  | "CLOSE-WAIT"
  | "CLOSING"
  | "LAST-ACK"
  | "TIME-WAIT";

export class Closing {
  readonly #host: ClosingHost;
  readonly #timer: Timer;
  #isEnded = false;
  /** We have ended first: our FIN was acknowledged before the peer's came, or crossed it. */
  #endedFirst = false;

  constructor(host: ClosingHost) {
    this.#host = host;
    this.#timer = new Timer(host.clock, () => host.over());
  }

  /** Nothing more is written. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  get state(): ClosingState {
    if (this.#timer.isSet) return "TIME-WAIT";
    const hasReceived = this.#host.hasReceived();
    if (!this.#isEnded) return hasReceived ? "CLOSE-WAIT" : "ESTABLISHED";
    if (this.#host.hasSent()) return "FIN-WAIT-2";
    if (!hasReceived) return "FIN-WAIT-1";
    return this.#endedFirst ? "CLOSING" : "LAST-ACK";
  }

  /** We write nothing more. */
  end(): void {
    this.#isEnded = true;
    this.#endedFirst = !this.#host.hasReceived();
  }

  /** Looks, after each segment, whether both ways have ended: it is over, or waits until the peer surely knows. */
  finish(): void {
    if (!this.#host.hasSent() || !this.#host.hasReceived()) return;
    if (this.#endedFirst) this.#timer.set(TCP_TIME_WAIT_MS);
    else this.#host.over();
  }

  /** Waits for nothing any more. */
  close(): void {
    this.#timer.clear();
  }
}
