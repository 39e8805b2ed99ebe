/**
 * Finds out whether a silent peer is still there (RFC 9293, 3.8.4), so that connections of computers that
 * were switched off do not stay for ever.
 */
import {
  TCP_KEEPALIVE_IDLE_MS,
  TCP_KEEPALIVE_MS,
  TCP_KEEPALIVE_PROBES,
} from "../../../shared/limits.ts";
import { type Clock, Timer } from "../clock.ts";

export interface KeepAliveHost {
  readonly clock: Clock;
  /** Sends what the peer must answer. */
  probe(): void;
  /** The peer has answered none of the probes. */
  gone(): void;
}

export class KeepAlive {
  readonly #host: KeepAliveHost;
  readonly #timer: Timer;
  /** Times that the timer has gone off since the peer was last heard. */
  #silent = 0;

  constructor(host: KeepAliveHost) {
    this.#host = host;
    this.#timer = new Timer(host.clock, () => this.#onTimeout());
  }

  /** The connection is open from now on. */
  start(): void {
    this.#timer.set(TCP_KEEPALIVE_IDLE_MS);
  }

  /** A segment of the peer's is here. The timer is left alone: there are many segments. */
  heard(): void {
    this.#silent = 0;
  }

  /** Sends nothing any more. */
  close(): void {
    this.#timer.clear();
  }

  #onTimeout(): void {
    if (this.#silent++ === TCP_KEEPALIVE_PROBES) {
      this.#host.gone();
      return;
    }
    // The first time says only that the peer may have been silent since some moment between.
    const isProbing = this.#silent > 1;
    if (isProbing) this.#host.probe();
    this.#timer.set(isProbing ? TCP_KEEPALIVE_MS : TCP_KEEPALIVE_IDLE_MS);
  }
}
