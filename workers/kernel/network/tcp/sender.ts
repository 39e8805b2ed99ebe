/**
 * One connection's way out: what is to be sent, what is under way, when it is sent again (RFC 9293, 3.8).
 * There is no waiting for small segments to become large ones (Nagle): writers of this stack write what they
 * have. SND.UNA, SND.NXT and SND.WND are the specification's.
 */
import { TCP_RETRIES, TCP_SEND_BYTES } from "../../../shared/limits.ts";
import { type Clock, Timer } from "../clock.ts";
import { Congestion } from "./congestion.ts";
import type { RoundTrip } from "./round-trip.ts";
import { flag, type Payload, type Segment } from "./segment.ts";
import { SendBuffer } from "./send-buffer.ts";
import { add, distance, isBefore, later } from "./sequence.ts";

export interface SenderHost {
  readonly clock: Clock;
  /** Sends a segment; ACK is added to the flags. */
  transmit(flags: number, sequence: number, payload?: Payload): void;
  /** The peer has not answered for too long. */
  timedOut(): void;
}

/** What an acknowledgement says: nothing new, something new, or of bytes that were never sent. */
export type Acknowledgement = "old" | "new" | "unsent";

export class Sender {
  readonly #host: SenderHost;
  readonly #buffer = new SendBuffer(TCP_SEND_BYTES);
  readonly #timer: Timer;
  readonly #roundTrip: RoundTrip;
  readonly #congestion: Congestion;
  #mss: number;
  /** SND.UNA, of the first byte in the buffer. */
  #unacknowledged: number;
  /** SND.NXT. */
  #next: number;
  /** The highest SND.NXT so far: after a timeout SND.NXT goes back. */
  #sentUpTo: number;
  /** SND.WND, and the largest that the peer has offered. */
  #window = 0;
  #largestWindow = 0;
  #windowShift = 0;
  /** SND.WL1, SND.WL2. */
  #windowSequence = 0;
  #windowAcknowledgement = 0;
  /** Where the FIN is, once it is known. */
  #fin: number | undefined;
  #retries = 0;

  /** @param options.first the sequence number of the first byte */
  constructor(
    host: SenderHost,
    { first, mss, roundTrip }: { first: number; mss: number; roundTrip: RoundTrip },
  ) {
    this.#host = host;
    this.#roundTrip = roundTrip;
    this.#mss = mss;
    this.#unacknowledged = this.#next = this.#sentUpTo = first;
    this.#congestion = new Congestion(mss);
    this.#timer = new Timer(host.clock, () => this.#onTimeout());
  }

  /** SND.NXT: the number of segments that carry nothing. */
  get next(): number {
    return this.#sentUpTo;
  }

  /** Bytes that can be taken now. */
  get room(): number {
    return this.#buffer.room;
  }

  /** Bytes that are held. */
  get held(): number {
    return this.#buffer.length;
  }

  /** The FIN and everything before it has arrived. */
  get isEnded(): boolean {
    return this.#fin !== undefined && isBefore(this.#fin, this.#unacknowledged);
  }

  /** The handshake is over: what the peer's SYN said. */
  open(syn: Segment, mss: number, windowShift: number): void {
    this.#mss = mss;
    this.#congestion.setSegmentSize(mss);
    this.#windowShift = windowShift;
    this.#setWindow(syn, syn.window);
  }

  /** Takes as many of the bytes as there is room for. @returns how many */
  append(bytes: Uint8Array): number {
    return this.#buffer.append(bytes);
  }

  /** A FIN follows what was taken. */
  end(): void {
    this.#fin ??= this.#end;
  }

  /** Sends what may be sent now. */
  pump(): void {
    while (this.#sendNext(false)) {}
    this.#setTimer();
  }

  /** Looks at a segment's acknowledgement and window. */
  acknowledge(segment: Segment): Acknowledgement {
    const { acknowledgement } = segment;
    if (isBefore(this.#sentUpTo, acknowledgement)) return "unsent";
    const advance = distance(acknowledgement, this.#unacknowledged);
    if (advance < 0) return "old";
    // Whoever answers is there, also when its window stays closed.
    this.#retries = 0;
    const windowChanged = this.#updateWindow(segment);
    if (advance > 0) {
      this.#advance(advance, acknowledgement);
      return "new";
    }
    const says = segment.payload.length > 0 || segment.flags & (flag.syn | flag.fin);
    if (!windowChanged && !says && this.#underWay > 0) {
      if (this.#congestion.duplicate(this.#underWay, this.#sentUpTo)) this.#sendFirstAgain();
    }
    return "old";
  }

  /** Forgets everything. */
  close(): void {
    this.#timer.clear();
    this.#buffer.clear();
  }

  /** What follows the last byte. */
  get #end(): number {
    return add(this.#unacknowledged, this.#buffer.length);
  }

  get #underWay(): number {
    return distance(this.#next, this.#unacknowledged);
  }

  get #unsent(): number {
    return distance(this.#fin ?? this.#end, this.#next);
  }

  #advance(count: number, acknowledgement: number): void {
    const { clock } = this.#host;
    this.#roundTrip.acknowledged(acknowledgement, clock.now());
    // The FIN, which is not in the buffer, may be among them.
    this.#buffer.drop(Math.min(count, this.#buffer.length));
    this.#unacknowledged = acknowledgement;
    this.#next = later(this.#next, acknowledgement);
    if (this.#congestion.acknowledged(count, acknowledgement)) this.#sendFirstAgain();
    this.#timer.clear();
  }

  /** @returns whether the window is another than before */
  #updateWindow(segment: Segment): boolean {
    const newer = distance(segment.sequence, this.#windowSequence);
    const isCurrent =
      newer > 0 ||
      (newer === 0 && distance(segment.acknowledgement, this.#windowAcknowledgement) >= 0);
    if (!isCurrent) return false;
    const before = this.#window;
    this.#setWindow(segment, segment.window << this.#windowShift);
    return this.#window !== before;
  }

  #setWindow({ sequence, acknowledgement }: Segment, window: number): void {
    this.#window = window;
    this.#largestWindow = Math.max(this.#largestWindow, window);
    this.#windowSequence = sequence;
    this.#windowAcknowledgement = acknowledgement;
  }

  /**
   * Sends the next segment, if the windows have room for one that is worth it (RFC 9293, 3.8.6.2.1), or
   * whatever they say.
   *
   * @returns whether another may follow
   */
  #sendNext(must: boolean): boolean {
    const unsent = this.#unsent;
    const room = Math.min(this.#window, this.#congestion.window) - this.#underWay;
    const count = Math.min(this.#mss, unsent, must ? Math.max(room, 1) : room);
    const isLast = count === unsent;
    const fin = isLast && this.#fin !== undefined;
    if (unsent < 0 || count < 0 || (count === 0 && !fin)) return false;
    const isWorthIt = isLast || count === this.#mss || count >= this.#largestWindow / 2;
    if (!isWorthIt && !must) return false;
    this.#send(this.#next, count, fin);
    this.#next = add(this.#next, count + (fin ? 1 : 0));
    if (isBefore(this.#sentUpTo, this.#next)) {
      this.#sentUpTo = this.#next;
      this.#roundTrip.sent(this.#next, this.#host.clock.now());
    }
    return !isLast;
  }

  #send(sequence: number, count: number, fin: boolean): void {
    const offset = distance(sequence, this.#unacknowledged);
    const isLast = offset + count === this.#buffer.length;
    const flags = (fin ? flag.fin : 0) | (isLast && count > 0 ? flag.psh : 0);
    const buffer = this.#buffer;
    this.#host.transmit(flags, sequence, {
      length: count,
      copyTo: (target, at) => buffer.copyTo(offset, count, target, at),
    });
  }

  /** What the peer lacks first, of what is under way. */
  #sendFirstAgain(): void {
    const count = Math.min(this.#mss, this.#buffer.length, this.#underWay);
    const fin =
      this.#fin !== undefined &&
      this.#underWay > this.#buffer.length &&
      count === this.#buffer.length;
    this.#roundTrip.resent();
    if (count > 0 || fin) this.#send(this.#unacknowledged, count, fin);
  }

  #onTimeout(): void {
    if (++this.#retries > TCP_RETRIES) {
      this.#host.timedOut();
      return;
    }
    this.#roundTrip.timedOut();
    if (this.#underWay === 0) {
      // The window is closed: a byte beyond it makes the peer say what it is (RFC 9293, 3.8.6.1).
      this.#send(this.#next, 1, false);
      this.#sentUpTo = later(this.#sentUpTo, add(this.#next, 1));
    } else {
      this.#congestion.timedOut(this.#underWay);
      this.#next = this.#unacknowledged;
      this.#sendNext(true);
    }
    this.#setTimer();
  }

  /** Runs while something is under way, or waits for a window. */
  #setTimer(): void {
    const waits = this.#underWay > 0 || this.#unsent > 0;
    if (!waits) this.#timer.clear();
    else if (!this.#timer.isSet) this.#timer.set(this.#roundTrip.timeout);
  }
}
