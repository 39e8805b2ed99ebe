/**
 * A 9P reply's way around the event loop, in memory that the kernel and the machine worker share.
 * A message between workers wakes a sleeping thread twice, which costs several times what the server
 * takes to look up a file. So a machine that may share memory waits for each reply in place, for a
 * moment: in the slot it finds the reply that the server had at once. What takes longer, is too long
 * for the slot, or finds the machine gone on, comes as a message. Each reply comes exactly once.
 */
import { REPLY_SLOT_BYTES, REPLY_WAIT_MS } from "../shared/limits.ts";

/** Phases of the slot. Only the machine leaves `closed`, only the kernel leaves `filling`. */
const CLOSED = 0;
const WAITING = 1;
const FILLING = 2;
const FULL = 3;
const PHASE_BITS = 2;

/** 32-bit words before the reply's bytes. The first holds the request's number and the phase: as one
 * word, so that a late reply is never taken for that to the next request. */
const STATE = 0;
const LENGTH = 1;
const HEADER_WORDS = 2;
const HEADER_BYTES = HEADER_WORDS * Int32Array.BYTES_PER_ELEMENT;

/** Looks at the state between two looks at the clock. */
const SPINS = 200;

export class ReplySlot {
  /** What both workers get. */
  readonly memory: SharedArrayBuffer;
  private readonly words: Int32Array;
  private readonly bytes: Uint8Array;
  /** Machine: the request whose reply the slot is open for. */
  private id = 0;
  /** Kernel: the request that has room in the slot for its reply. */
  private reserved: number | undefined;

  constructor(memory = new SharedArrayBuffer(HEADER_BYTES + REPLY_SLOT_BYTES)) {
    this.memory = memory;
    this.words = new Int32Array(memory, 0, HEADER_WORDS);
    this.bytes = new Uint8Array(memory, HEADER_BYTES);
  }

  /** Machine: opens the slot for the reply to a request; call before the request is sent. */
  open(id: number): void {
    this.id = id;
    Atomics.store(this.words, STATE, state(id, WAITING));
  }

  /**
   * Machine: passes on the reply, if it comes within the wait. Keeps the processor meanwhile: to sleep
   * and be woken takes longer than most replies.
   *
   * @param use gets the reply in shared memory, which is another's when it returns
   * @returns false when the reply will come as a message
   */
  take(use: (reply: Uint8Array) => void, milliseconds = REPLY_WAIT_MS): boolean {
    const { words, id } = this;
    const waiting = state(id, WAITING);
    const full = state(id, FULL);
    const deadline = performance.now() + milliseconds;
    while (Atomics.load(words, STATE) !== full) {
      for (let i = 0; i < SPINS && Atomics.load(words, STATE) === waiting; i++);
      if (performance.now() < deadline) continue;
      if (Atomics.compareExchange(words, STATE, waiting, CLOSED) === waiting) return false;
    }
    use(this.bytes.subarray(0, this.words[LENGTH]));
    Atomics.store(this.words, STATE, CLOSED);
    return true;
  }

  /**
   * Kernel: room for a long reply, to save its way through other memory. Whoever takes it must
   * {@link put} that reply or another to the same request before anything else happens: the machine waits.
   *
   * @returns undefined when there is none, because the reply must be a message
   */
  reserve(id: number, length: number): Uint8Array | undefined {
    if (length > this.bytes.length || !this.fill(id)) return undefined;
    this.reserved = id;
    return this.bytes.subarray(0, length);
  }

  /** Kernel: puts a reply where the machine waits for it. @returns false when it must be a message */
  put(id: number, reply: Uint8Array): boolean {
    if (reply.length > this.bytes.length) return false;
    if (this.reserved !== id && !this.fill(id)) return false;
    this.reserved = undefined;
    if (reply.buffer !== this.memory) this.bytes.set(reply);
    this.words[LENGTH] = reply.length;
    Atomics.store(this.words, STATE, state(id, FULL));
    return true;
  }

  /** Kernel: @returns whether the machine waits for this reply, and now does until it is there */
  private fill(id: number): boolean {
    const waiting = state(id, WAITING);
    return Atomics.compareExchange(this.words, STATE, waiting, state(id, FILLING)) === waiting;
  }
}

/** The request after this one: as many numbers as fit into a word beside the phase. */
export function nextRequest(id: number): number {
  return (id + 1) & (2 ** (32 - PHASE_BITS - 1) - 1);
}

function state(id: number, phase: number): number {
  return (id << PHASE_BITS) | phase;
}
