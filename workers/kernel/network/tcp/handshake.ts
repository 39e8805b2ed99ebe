/**
 * How one connection opens (RFC 9293, 3.5): SYN and its answer, sent again until the peer has told its own
 * first number and has acknowledged ours; and what both sides' options say (3.7.1; RFC 7323, 2.2).
 */
import type { NetworkError, NetworkErrorCode } from "../../../shared/byte-stream.ts";
import { TCP_RETRIES } from "../../../shared/limits.ts";
import { type Clock, Timer } from "../clock.ts";
import { Receiver, WINDOW_SHIFT } from "./receiver.ts";
import type { RoundTrip } from "./round-trip.ts";
import { flag, type OutgoingSegment, type Segment } from "./segment.ts";
import { add } from "./sequence.ts";

export interface HandshakeHost {
  readonly clock: Clock;
  transmit(segment: OutgoingSegment): void;
  /** Sends RST to a peer that acknowledges what was never sent; it has the number that the peer expects. */
  refuse(sequence: number): void;
  /**
   * The peer's SYN is here.
   *
   * @param receiver expects the peer's first byte
   * @param mss the largest segment that the peer and the link take
   */
  synchronized(receiver: Receiver, syn: Segment, mss: number): void;
  /** The connection is established. */
  opened(): void;
  /** The connection does not come about. */
  failed(code: NetworkErrorCode, message: string): void;
}

/** How far it is; ESTABLISHED stays, whatever becomes of the connection later. */
export type HandshakeState = "SYN-SENT" | "SYN-RECEIVED" | "ESTABLISHED";

/** The size of segments where the peer does not say (RFC 9293, 3.7.1). */
const DEFAULT_MSS = 536;
const MIN_MSS = 64;

export class Handshake {
  /** Resolves when the handshake is over. Rejects with what it fails of. */
  readonly opened: Promise<void>;
  readonly #host: HandshakeHost;
  readonly #initialSequence: number;
  readonly #mss: number;
  readonly #roundTrip: RoundTrip;
  readonly #timer: Timer;
  /** Settles {@link opened}. */
  #outcome: { resolve(): void; reject(error: NetworkError): void } | undefined;
  #state: HandshakeState = "SYN-SENT";
  #receiver: Receiver | undefined;
  /** Windows are scaled: we offer it, and the peer has not said otherwise. */
  #scales = true;
  #tries = 0;

  /** @param options.mss the largest segment that the link takes */
  constructor(
    host: HandshakeHost,
    options: { initialSequence: number; mss: number; roundTrip: RoundTrip },
  ) {
    this.#host = host;
    this.#initialSequence = options.initialSequence;
    this.#mss = options.mss;
    this.#roundTrip = options.roundTrip;
    this.#timer = new Timer(host.clock, () => this.#repeat());
    this.opened = new Promise((resolve, reject) => {
      this.#outcome = { resolve, reject };
    });
    // Whoever writes or reads is told as well.
    this.opened.catch(() => {});
  }

  get state(): HandshakeState {
    return this.#state;
  }

  /** Begins. @param syn the peer's, of a connection that the peer opens */
  start(syn?: Segment): void {
    if (syn) this.#synchronize(syn, "SYN-RECEIVED");
    this.send();
  }

  /** Sends our SYN, also again: the answer to the peer's, if that was heard. */
  send(): void {
    const receiver = this.#state === "SYN-RECEIVED" ? this.#receiver : undefined;
    this.#host.transmit({
      sequence: this.#initialSequence,
      acknowledgement: receiver?.next ?? 0,
      flags: flag.syn | (receiver ? flag.ack : 0),
      // A SYN's window is never scaled.
      window: receiver?.unscaledWindow() ?? 0xffff,
      maximumSegmentSize: this.#mss,
      ...(this.#scales ? { windowShift: WINDOW_SHIFT } : {}),
    });
    this.#roundTrip.sent(this.#first, this.#host.clock.now());
    this.#timer.set(this.#roundTrip.timeout);
  }

  /**
   * Takes a segment in SYN-SENT (RFC 9293, 3.10.7.3).
   *
   * @returns whether the connection is established by it; what it says is to be acknowledged then
   */
  receiveAnswer(segment: Segment): boolean {
    const { flags, acknowledgement } = segment;
    const isOurs = acknowledgement === this.#first;
    if (flags & flag.ack && !isOurs) {
      if (!(flags & flag.rst)) this.#host.refuse(acknowledgement);
    } else if (flags & flag.rst) {
      if (flags & flag.ack) this.#host.failed("ECONNREFUSED", "Nothing listens there.");
    } else if (flags & flag.syn) {
      this.#synchronize(segment, flags & flag.ack ? "ESTABLISHED" : "SYN-RECEIVED");
      if (flags & flag.ack) {
        this.#finish();
        return true;
      }
      // Both have opened at the same time.
      this.send();
    }
    return false;
  }

  /**
   * Takes an acknowledgement in SYN-RECEIVED (RFC 9293, 3.10.7.4).
   *
   * @returns whether it is the last segment of the handshake
   */
  complete({ acknowledgement }: Segment): boolean {
    if (acknowledgement !== this.#first) {
      this.#host.refuse(acknowledgement);
      return false;
    }
    this.#state = "ESTABLISHED";
    this.#finish();
    return true;
  }

  /** The connection has failed: `opened` rejects, unless it was open before. */
  fail(error: NetworkError): void {
    this.#outcome?.reject(error);
  }

  /** Sends nothing any more. */
  close(): void {
    this.#timer.clear();
  }

  /** The number of our first byte, which acknowledges our SYN. */
  get #first(): number {
    return add(this.#initialSequence, 1);
  }

  #synchronize(syn: Segment, state: HandshakeState): void {
    const { maximumSegmentSize = DEFAULT_MSS, windowShift, sequence } = syn;
    this.#scales = windowShift !== undefined;
    this.#receiver = new Receiver(add(sequence, 1), { mss: this.#mss, scales: this.#scales });
    const mss = Math.min(Math.max(maximumSegmentSize, MIN_MSS), this.#mss);
    this.#host.synchronized(this.#receiver, syn, mss);
    this.#state = state;
  }

  #finish(): void {
    this.#timer.clear();
    this.#roundTrip.acknowledged(this.#first, this.#host.clock.now());
    this.#host.opened();
    this.#outcome?.resolve();
  }

  #repeat(): void {
    if (++this.#tries > TCP_RETRIES) {
      this.#host.failed("ETIMEDOUT", "The other side does not answer.");
      return;
    }
    this.#roundTrip.timedOut();
    this.send();
  }
}
