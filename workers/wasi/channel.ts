/**
 * Calls through memory that the kernel and a WASI worker share. The worker writes a call, rings, and
 * sleeps until the answer is in the same place. The kernel takes nothing in there for granted: whatever
 * it finds, it gets a call or a TabnixError.
 */
import { copyOf } from "../shared/bytes.ts";
import { TabnixError } from "../shared/errors.ts";
import { WASI_CALL_BYTES, WASI_DATA_BYTES } from "../shared/limits.ts";
import type { Answer, CallData } from "./contract.ts";
import type { Reply, Request } from "./steps.ts";

/** Whose turn it is: the program's, the kernel's, the program's again. */
const IDLE = 0;
const CALLED = 1;
const ANSWERED = 2;

/** 32-bit words, then the JSON of the call or the answer, then data. */
const STATE = 0;
const JSON_LENGTH = 1;
const DATA_LENGTH = 2;
const HEADER_WORDS = 4;
const HEADER_BYTES = HEADER_WORDS * Int32Array.BYTES_PER_ELEMENT;
const MEMORY_BYTES = HEADER_BYTES + WASI_CALL_BYTES + WASI_DATA_BYTES;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Memory for the two ends of a channel. */
export function createCallMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(MEMORY_BYTES);
}

/** What both ends see. */
class Areas {
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly json: Uint8Array<SharedArrayBuffer>;
  readonly data: Uint8Array<SharedArrayBuffer>;

  constructor(memory: SharedArrayBuffer) {
    this.words = new Int32Array(memory, 0, HEADER_WORDS);
    this.json = new Uint8Array(memory, HEADER_BYTES, WASI_CALL_BYTES);
    this.data = new Uint8Array(memory, HEADER_BYTES + WASI_CALL_BYTES, WASI_DATA_BYTES);
  }

  /** @returns false when it is too long */
  write(message: unknown, dataLength: number): boolean {
    const json = encoder.encode(JSON.stringify(message));
    if (json.length > WASI_CALL_BYTES) return false;
    this.json.set(json);
    Atomics.store(this.words, JSON_LENGTH, json.length);
    Atomics.store(this.words, DATA_LENGTH, dataLength);
    return true;
  }

  /** @throws TabnixError malformed */
  read(): { message: unknown; data: CallData } {
    // Read once: a worker gone mad may change them at any time.
    const length = Atomics.load(this.words, JSON_LENGTH) >>> 0;
    const dataLength = Atomics.load(this.words, DATA_LENGTH) >>> 0;
    if (length > WASI_CALL_BYTES || dataLength > WASI_DATA_BYTES) throw malformed("its length");
    // Decoders take no shared memory.
    const json = copyOf(this.json.subarray(0, length));
    try {
      const message: unknown = JSON.parse(decoder.decode(json));
      return { message, data: this.data.subarray(0, dataLength) };
    } catch (error) {
      throw malformed("no JSON", error);
    }
  }
}

/** The program's end. */
export class ProgramChannel {
  private readonly areas: Areas;
  private readonly ring: () => void;

  /** @param ring tells the kernel that there is a call */
  constructor(memory: SharedArrayBuffer, ring: () => void) {
    this.areas = new Areas(memory);
    this.ring = ring;
  }

  /** Makes a call and sleeps until the answer, whose data is good until the next call. */
  call({ call, data = [] }: Request): Reply {
    const { areas } = this;
    // After a stack overflow in here, the answer to the call before may still be to come.
    this.awaitAnswer();
    let length = 0;
    for (const piece of data) {
      areas.data.set(piece, length);
      length += piece.length;
    }
    if (!areas.write(call, length)) {
      return { answer: { error: "EMSGSIZE" }, data: areas.data.subarray(0, 0) };
    }
    Atomics.store(areas.words, STATE, CALLED);
    try {
      this.ring();
    } catch (error) {
      Atomics.store(areas.words, STATE, IDLE);
      throw error;
    }
    this.awaitAnswer();
    const { message, data: answerData } = areas.read();
    return { answer: message as Answer, data: answerData };
  }

  private awaitAnswer(): void {
    const { words } = this.areas;
    while (Atomics.load(words, STATE) === CALLED) Atomics.wait(words, STATE, CALLED);
  }
}

/** The kernel's end. */
export class KernelChannel {
  /** What the worker gets. */
  readonly memory: SharedArrayBuffer;
  private readonly areas: Areas;

  constructor(memory = createCallMemory()) {
    this.memory = memory;
    this.areas = new Areas(memory);
  }

  /**
   * The call that the bell was for. It may be any JSON. Its data is in shared memory: good until the
   * answer, and a worker gone mad may change it meanwhile.
   *
   * @throws TabnixError malformed
   */
  take(): { call: unknown; data: CallData } {
    if (Atomics.load(this.areas.words, STATE) !== CALLED) throw malformed("none");
    const { message, data } = this.areas.read();
    return { call: message, data };
  }

  /**
   * Room for an answer's data, to save its way through other memory. It is where the call's data is.
   *
   * @throws RangeError beyond WASI_DATA_BYTES
   */
  room(length: number): Uint8Array<SharedArrayBuffer> {
    if (length > WASI_DATA_BYTES) throw new RangeError(`no room for ${length} bytes`);
    return this.areas.data.subarray(0, length);
  }

  /**
   * Answers the call and wakes the program. An answer that is too long becomes EMSGSIZE: the program
   * must not sleep for ever.
   *
   * @param data other memory, or what {@link room} gave, or less of it
   */
  answer(answer: Answer, data?: Uint8Array): void {
    const { areas } = this;
    const length = data?.length ?? 0;
    const fits = length <= WASI_DATA_BYTES && areas.write(answer, length);
    if (!fits) areas.write({ error: "EMSGSIZE" } satisfies Answer, 0);
    else if (data && !this.isInPlace(data)) areas.data.set(data);
    Atomics.store(areas.words, STATE, ANSWERED);
    Atomics.notify(areas.words, STATE);
  }

  private isInPlace({ buffer, byteOffset }: Uint8Array): boolean {
    return buffer === this.memory && byteOffset === this.areas.data.byteOffset;
  }
}

function malformed(what: string, cause?: unknown): TabnixError {
  return new TabnixError("malformed", `A program's call cannot be read: ${what}.`, "", cause);
}
