/**
 * One TCP connection (RFC 9293) as a {@link ByteStream}. It opens by a {@link Handshake}, and its two ways are
 * {@link Sender} and {@link Receiver}; here is what joins them: segments in the order of the specification's
 * checks, and the end.
 */
import {
  type ByteStream,
  NetworkError,
  type NetworkErrorCode,
} from "../../../shared/byte-stream.ts";
import {
  TCP_DELAYED_ACK_MS,
  TCP_KEEPALIVE_IDLE_MS,
  TCP_KEEPALIVE_MS,
  TCP_KEEPALIVE_PROBES,
  TCP_TIME_WAIT_MS,
} from "../../../shared/limits.ts";
import { type Clock, Timer } from "../clock.ts";
import { Handshake } from "./handshake.ts";
import type { Receiver } from "./receiver.ts";
import { RoundTrip } from "./round-trip.ts";
import { flag, type OutgoingSegment, type Payload, type Segment } from "./segment.ts";
import { Sender } from "./sender.ts";
import { add, distance } from "./sequence.ts";
import { Writes } from "./writes.ts";

/** The states of RFC 9293, 3.3.2. LISTEN is the endpoint's. */
export type TcpState =
  | "SYN-SENT"
  | "SYN-RECEIVED"
  | "ESTABLISHED"
  | "FIN-WAIT-1"
  | "FIN-WAIT-2"
  | "CLOSE-WAIT"
  | "CLOSING"
  | "LAST-ACK"
  | "TIME-WAIT"
  | "CLOSED";

export interface ConnectionHost {
  readonly clock: Clock;
  /** All connections together hold so much that windows shall be small. */
  readonly isScarce: boolean;
  transmit(segment: OutgoingSegment, payload?: Payload): void;
  /** Nothing of the connection is left. */
  closed(): void;
}

const EMPTY: Payload = { length: 0, copyTo() {} };

interface Waiter<T> {
  resolve(value: T): void;
  reject(error: NetworkError): void;
}

export class TcpConnection implements ByteStream {
  /** Resolves when the handshake is over. */
  readonly opened: Promise<void>;
  readonly #host: ConnectionHost;
  readonly #mss: number;
  readonly #sender: Sender;
  readonly #handshake: Handshake;
  readonly #writes: Writes;
  /** There once the peer's SYN is. */
  #receiver: Receiver | undefined;
  #reader: Waiter<Uint8Array | undefined> | undefined;
  #isEnded = false;
  /** We have ended first: our FIN was acknowledged before the peer's came, or crossed it. */
  #endedFirst = false;
  #isWaitingOut = false;
  #failure: NetworkError | undefined;
  #isClosed = false;
  #unacknowledgedBytes = 0;
  #probes = 0;
  readonly #acknowledgeTimer: Timer;
  readonly #keepAliveTimer: Timer;
  readonly #timeWaitTimer: Timer;

  /**
   * @param mss the largest segment that the link takes
   * @param syn the peer's, of a connection that the peer opens; without it the connection opens itself
   */
  constructor(host: ConnectionHost, mss: number, initialSequence: number, syn?: Segment) {
    const { clock } = host;
    this.#host = host;
    this.#mss = mss;
    this.#acknowledgeTimer = new Timer(clock, () => this.#acknowledge());
    this.#keepAliveTimer = new Timer(clock, () => this.#keepAlive());
    this.#timeWaitTimer = new Timer(clock, () => this.#close());
    const roundTrip = new RoundTrip();
    this.#sender = new Sender(
      {
        clock,
        transmit: (flags, sequence, payload) => this.#transmit(flags, sequence, payload),
        timedOut: () => this.#fail("ETIMEDOUT", "The other side does not answer any more."),
      },
      { first: add(initialSequence, 1), mss, roundTrip },
    );
    this.#writes = new Writes(this.#sender);
    this.#handshake = new Handshake(
      {
        clock,
        transmit: (segment) => host.transmit(segment),
        refuse: (sequence) => this.#transmitBare(flag.rst, sequence),
        synchronized: (receiver, peer, segmentSize) => {
          this.#receiver = receiver;
          this.#sender.open(peer, segmentSize, peer.windowShift ?? 0);
        },
        failed: (code, message) => this.#fail(code, message),
      },
      { initialSequence, mss, roundTrip },
    );
    this.opened = this.#handshake.opened;
    this.#handshake.start(syn);
  }

  get state(): TcpState {
    if (this.#isClosed) return "CLOSED";
    if (this.#isWaitingOut) return "TIME-WAIT";
    const opening = this.#handshake.state;
    if (opening !== "ESTABLISHED") return opening;
    const hasRead = this.#receiver?.hasEnded ?? false;
    if (!this.#isEnded) return hasRead ? "CLOSE-WAIT" : "ESTABLISHED";
    if (this.#sender.isEnded) return "FIN-WAIT-2";
    if (!hasRead) return "FIN-WAIT-1";
    return this.#endedFirst ? "CLOSING" : "LAST-ACK";
  }

  /** Bytes that it holds, both ways. */
  get held(): number {
    return this.#sender.held + (this.#receiver?.held ?? 0);
  }

  async read(): Promise<Uint8Array | undefined> {
    const bytes = this.#receiver?.take();
    if (bytes) {
      if (!this.#isClosed && this.#receiver?.windowIsWorthTelling()) this.#acknowledge();
      return bytes;
    }
    // What has come before a failure stays true, the end too.
    if (this.#receiver?.hasEnded) return undefined;
    if (this.#failure) throw this.#failure;
    if (this.#isClosed) return undefined;
    if (this.#reader) throw new Error("The stream is being read already.");
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#failure) throw this.#failure;
    if (this.#isEnded) throw new NetworkError("EPIPE", "Nothing more can be written.");
    const taken = this.#writes.add(bytes);
    this.#pump();
    return taken;
  }

  end(): void {
    if (this.#isEnded || this.#isClosed) return;
    this.#isEnded = true;
    this.#endedFirst = !this.#receiver?.hasEnded;
    this.#pump();
  }

  abort(): void {
    if (this.#isClosed) return;
    this.reset();
    this.#fail("ECONNABORTED", "The connection was given up.");
  }

  /** Sends RST. */
  reset(): void {
    this.#transmit(flag.rst, this.#sender.next);
  }

  /** The link is gone: as if the peer had said so. */
  disconnect(): void {
    this.#fail("ECONNRESET", "The machine was stopped.");
  }

  /** The network has no way to the peer. */
  unreachable(): void {
    if (this.#handshake.state === "SYN-SENT") {
      this.#fail("EHOSTUNREACH", "The machine has no address on the network.");
    }
  }

  /** Takes a segment of the peer's. */
  receive(segment: Segment): void {
    if (this.#isClosed) return;
    this.#probes = 0;
    if (this.#handshake.state === "SYN-SENT") this.#receiveInSynSent(segment);
    else this.#receiveInOrder(segment);
  }

  #receiveInSynSent(segment: Segment): void {
    if (!this.#handshake.receiveAnswer(segment)) return;
    this.#onOpen();
    this.#acknowledge();
    this.#pump();
  }

  #receiveInOrder(segment: Segment): void {
    const receiver = this.#receiver!;
    const { sequence, flags, payload } = segment;
    const length = payload.length + (flags & flag.fin ? 1 : 0) + (flags & flag.syn ? 1 : 0);
    if (!receiver.accepts(sequence, length)) {
      if (flags & flag.rst) return;
      // Our answer to their SYN was lost.
      if (this.#handshake.state === "SYN-RECEIVED" && flags & flag.syn) this.#handshake.send();
      else this.#acknowledge();
      return;
    }
    if (flags & flag.rst) {
      // Only the very next number is believed (RFC 5961, 3.2).
      if (sequence === receiver.next) this.#onReset();
      else this.#acknowledge();
      return;
    }
    if (flags & flag.syn) {
      this.#acknowledge();
      return;
    }
    if (!(flags & flag.ack)) return;
    if (this.#handshake.state === "SYN-RECEIVED" && !this.#completes(segment)) return;
    if (this.#sender.acknowledge(segment) === "unsent") {
      this.#acknowledge();
      return;
    }
    this.#take(segment, receiver);
    this.#pump();
    this.#finish();
  }

  /** Whether a segment that may end the handshake does. */
  #completes(segment: Segment): boolean {
    if (!this.#handshake.complete(segment)) return false;
    this.#onOpen();
    return true;
  }

  #take({ sequence, flags, payload }: Segment, receiver: Receiver): void {
    const fin = (flags & flag.fin) !== 0;
    if (payload.length === 0 && !fin) return;
    const hadGap = receiver.hasGap;
    const isNext = receiver.insert(sequence, payload, fin);
    if (isNext) this.#serveReader();
    this.#unacknowledgedBytes += payload.length;
    // What came out of order, and what closes a gap, is said at once (RFC 5681, 4.2).
    const isUrgent = !isNext || hadGap || receiver.hasEnded || (flags & flag.psh) !== 0;
    if (isUrgent || this.#unacknowledgedBytes >= 2 * this.#mss) this.#acknowledge();
    else if (!this.#acknowledgeTimer.isSet) this.#acknowledgeTimer.set(TCP_DELAYED_ACK_MS);
  }

  #serveReader(): void {
    const reader = this.#reader;
    if (!reader) return;
    const bytes = this.#receiver?.take();
    if (!bytes && !this.#receiver?.hasEnded) return;
    this.#reader = undefined;
    reader.resolve(bytes);
  }

  #onOpen(): void {
    this.#keepAliveTimer.set(TCP_KEEPALIVE_IDLE_MS);
  }

  #onReset(): void {
    const isRefused = this.#handshake.state === "SYN-RECEIVED";
    this.#fail(
      isRefused ? "ECONNREFUSED" : "ECONNRESET",
      "The other side has broken the connection.",
    );
  }

  #pump(): void {
    if (this.#isClosed || this.#handshake.state !== "ESTABLISHED") return;
    this.#writes.fill();
    if (this.#isEnded && this.#writes.isEmpty) this.#sender.end();
    this.#sender.pump();
  }

  /** Both ways have ended: nothing is left, or it is waited until the peer surely knows. */
  #finish(): void {
    if (!this.#sender.isEnded || !this.#receiver?.hasEnded) return;
    if (!this.#endedFirst) {
      this.#close();
      return;
    }
    this.#isWaitingOut = true;
    this.#timeWaitTimer.set(TCP_TIME_WAIT_MS);
  }

  #keepAlive(): void {
    if (this.#probes++ === TCP_KEEPALIVE_PROBES) {
      this.reset();
      this.#fail("ETIMEDOUT", "The other side has gone.");
      return;
    }
    // A number that was acknowledged already: the answer says that the peer is there.
    if (this.#probes > 1) this.#transmit(0, add(this.#sender.next, -1), EMPTY);
    this.#keepAliveTimer.set(this.#probes > 1 ? TCP_KEEPALIVE_MS : TCP_KEEPALIVE_IDLE_MS);
  }

  #acknowledge(): void {
    this.#transmit(0, this.#sender.next);
  }

  #transmit(flags: number, sequence: number, payload?: Payload): void {
    const receiver = this.#receiver;
    if (!receiver) {
      this.#transmitBare(flags, sequence);
      return;
    }
    this.#acknowledgeTimer.clear();
    this.#unacknowledgedBytes = 0;
    this.#host.transmit(
      {
        sequence,
        acknowledgement: receiver.next,
        flags: flags | flag.ack,
        window: receiver.window(this.#host.isScarce),
      },
      payload,
    );
  }

  /** Without an acknowledgement: nothing was heard of the peer. */
  #transmitBare(flags: number, sequence: number): void {
    this.#host.transmit({ sequence, acknowledgement: 0, flags, window: 0 });
  }

  #fail(code: NetworkErrorCode, message: string): void {
    if (this.#isClosed) return;
    const error = new NetworkError(code, message);
    this.#failure = error;
    this.#handshake.fail(error);
    this.#reader?.reject(error);
    this.#reader = undefined;
    this.#writes.fail(error);
    this.#close();
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const timer of [this.#acknowledgeTimer, this.#keepAliveTimer, this.#timeWaitTimer]) {
      timer.clear();
    }
    this.#handshake.close();
    this.#sender.close();
    this.#host.closed();
  }

  /** The peer's next byte, for who looks whether a new SYN is newer (RFC 9293, 3.10.7.4). */
  isAfter(sequence: number): boolean {
    return this.#receiver !== undefined && distance(sequence, this.#receiver.next) > 0;
  }
}
