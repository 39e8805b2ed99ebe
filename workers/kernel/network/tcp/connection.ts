/**
 * One TCP connection (RFC 9293) as a {@link ByteStream}. It opens by a {@link Handshake}, and its two ways are
 * {@link Sender} and {@link Receiver}, which end as {@link Closing} says; here is what joins them.
 */
import {
  type ByteStream,
  NetworkError,
  type NetworkErrorCode,
} from "../../../shared/byte-stream.ts";
import type { Clock } from "../clock.ts";
import { judge } from "./acceptance.ts";
import { Closing, type ClosingState } from "./closing.ts";
import { DelayedAck } from "./delayed-ack.ts";
import { Handshake, type HandshakeState } from "./handshake.ts";
import { KeepAlive } from "./keep-alive.ts";
import { Reads } from "./reads.ts";
import type { Receiver } from "./receiver.ts";
import { RoundTrip } from "./round-trip.ts";
import { flag, type OutgoingSegment, type Payload, type Segment } from "./segment.ts";
import { Sender } from "./sender.ts";
import { add, distance } from "./sequence.ts";
import { Writes } from "./writes.ts";

/** The states of RFC 9293, 3.3.2. LISTEN is the endpoint's. */
export type TcpState = HandshakeState | ClosingState | "CLOSED";

export interface ConnectionHost {
  readonly clock: Clock;
  /** All connections together hold so much that windows shall be small. */
  readonly isScarce: boolean;
  transmit(segment: OutgoingSegment, payload?: Payload): void;
  /** Nothing of the connection is left. */
  closed(): void;
}

export class TcpConnection implements ByteStream {
  /** Resolves when the handshake is over. */
  readonly opened: Promise<void>;
  readonly #host: ConnectionHost;
  readonly #sender: Sender;
  readonly #handshake: Handshake;
  readonly #writes: Writes;
  readonly #reads = new Reads();
  readonly #delayedAck: DelayedAck;
  readonly #keepAlive: KeepAlive;
  readonly #closing: Closing;
  /** There once the peer's SYN is. */
  #receiver: Receiver | undefined;
  #failure: NetworkError | undefined;
  #isClosed = false;

  /**
   * @param mss the largest segment that the link takes
   * @param syn the peer's, of a connection that the peer opens; without it the connection opens itself
   */
  constructor(host: ConnectionHost, mss: number, initialSequence: number, syn?: Segment) {
    const { clock } = host;
    this.#host = host;
    this.#delayedAck = new DelayedAck({ clock, acknowledge: () => this.#acknowledge() }, mss);
    this.#keepAlive = new KeepAlive({
      clock,
      // A number that was acknowledged already: the answer says that the peer is there.
      probe: () => this.#transmit(0, add(this.#sender.next, -1)),
      gone: () => {
        this.reset();
        this.#fail("ETIMEDOUT", "The other side has gone.");
      },
    });
    this.#closing = new Closing({
      clock,
      hasSent: () => this.#sender.isEnded,
      hasReceived: () => this.#receiver?.hasEnded ?? false,
      over: () => this.#close(),
    });
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
        opened: () => this.#keepAlive.start(),
        failed: (code, message) => this.#fail(code, message),
      },
      { initialSequence, mss, roundTrip },
    );
    this.opened = this.#handshake.opened;
    this.#handshake.start(syn);
  }

  get state(): TcpState {
    if (this.#isClosed) return "CLOSED";
    const opening = this.#handshake.state;
    return opening === "ESTABLISHED" ? this.#closing.state : opening;
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
    return this.#reads.wait();
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#failure) throw this.#failure;
    if (this.#closing.isEnded) throw new NetworkError("EPIPE", "Nothing more can be written.");
    const taken = this.#writes.add(bytes);
    this.#pump();
    return taken;
  }

  end(): void {
    if (this.#closing.isEnded || this.#isClosed) return;
    this.#closing.end();
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
    this.#keepAlive.heard();
    if (this.#handshake.state === "SYN-SENT") this.#receiveInSynSent(segment);
    else this.#receiveInOrder(segment);
  }

  #receiveInSynSent(segment: Segment): void {
    if (!this.#handshake.receiveAnswer(segment)) return;
    this.#acknowledge();
    this.#pump();
  }

  #receiveInOrder(segment: Segment): void {
    const receiver = this.#receiver!;
    const isOpening = this.#handshake.state === "SYN-RECEIVED";
    switch (judge(segment, receiver, isOpening)) {
      case "take":
        if (!isOpening || this.#handshake.complete(segment)) this.#take(segment, receiver);
        break;
      case "acknowledge":
        this.#acknowledge();
        break;
      case "synchronize":
        this.#handshake.send();
        break;
      case "reset":
        this.#fail(
          isOpening ? "ECONNREFUSED" : "ECONNRESET",
          "The other side has broken the connection.",
        );
        break;
    }
  }

  #take(segment: Segment, receiver: Receiver): void {
    if (this.#sender.acknowledge(segment) === "unsent") {
      this.#acknowledge();
      return;
    }
    this.#takePayload(segment, receiver);
    this.#pump();
    this.#closing.finish();
  }

  #takePayload({ sequence, flags, payload }: Segment, receiver: Receiver): void {
    const fin = (flags & flag.fin) !== 0;
    if (payload.length === 0 && !fin) return;
    const hadGap = receiver.hasGap;
    const isNext = receiver.insert(sequence, payload, fin);
    if (isNext) this.#reads.serve(receiver);
    // What came out of order, and what closes a gap, is said at once (RFC 5681, 4.2).
    const isUrgent = !isNext || hadGap || receiver.hasEnded || (flags & flag.psh) !== 0;
    this.#delayedAck.received(payload.length, isUrgent);
  }

  #pump(): void {
    if (this.#isClosed || this.#handshake.state !== "ESTABLISHED") return;
    this.#writes.fill();
    if (this.#closing.isEnded && this.#writes.isEmpty) this.#sender.end();
    this.#sender.pump();
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
    this.#delayedAck.sent();
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
    this.#reads.fail(error);
    this.#writes.fail(error);
    this.#close();
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#handshake.close();
    this.#delayedAck.close();
    this.#keepAlive.close();
    this.#closing.close();
    this.#sender.close();
    this.#host.closed();
  }

  /** The peer's next byte, for who looks whether a new SYN is newer (RFC 9293, 3.10.7.4). */
  isAfter(sequence: number): boolean {
    return this.#receiver !== undefined && distance(sequence, this.#receiver.next) > 0;
  }
}
