import type { ByteStream } from "../../../shared/byte-stream.ts";
import { HttpError } from "./http-error.ts";

const LF = 0x0a;
const CR = 0x0d;
const EMPTY = new Uint8Array(0);

/** Reads lines and counted bytes from a connection; keeps what came too early for the next reader. */
export class ByteReader {
  readonly #stream: ByteStream;
  #buffer: Uint8Array = EMPTY;
  /** A read that has begun before anybody needed it. */
  #ahead: Promise<Uint8Array | undefined> | undefined;

  constructor(stream: ByteStream) {
    this.#stream = stream;
  }

  /** Bytes that have come and were not read. */
  get buffered(): number {
    return this.#buffer.length;
  }

  /** Resolves as soon as the connection ends, breaks, or bytes come that nobody has asked for. */
  async watch(): Promise<void> {
    this.#ahead ??= this.#stream.read();
    await this.#ahead.catch(() => undefined);
  }

  /**
   * The next bytes, up to `limit` of them; undefined at the end of the stream.
   *
   * @param idleMs how long to wait for them, in milliseconds
   * @throws HttpError `timed-out`; NetworkError
   */
  async read(limit: number, idleMs?: number): Promise<Uint8Array | undefined> {
    if (this.#buffer.length === 0) {
      const bytes = await this.#next(idleMs);
      if (!bytes) return undefined;
      this.#buffer = bytes;
    }
    const taken = this.#buffer.subarray(0, limit);
    this.#buffer = this.#buffer.subarray(taken.length);
    return taken;
  }

  /**
   * One line without its end, CRLF or a bare LF (RFC 9112, section 2.2); undefined when the stream ends
   * before it begins.
   *
   * @throws HttpError `too-large` beyond `limit` bytes, `incomplete` when it has no end, `malformed` when a
   *   CR is anywhere else
   */
  async line(limit: number, idleMs?: number): Promise<Uint8Array | undefined> {
    const parts: Uint8Array[] = [];
    let length = 0;
    for (;;) {
      const bytes = await this.read(Number.POSITIVE_INFINITY, idleMs);
      if (!bytes) {
        if (length === 0) return undefined;
        throw new HttpError("incomplete", "The server closed the connection within a line.");
      }
      const end = bytes.indexOf(LF);
      const part = end < 0 ? bytes : bytes.subarray(0, end);
      length += part.length;
      if (length > limit) {
        throw new HttpError("too-large", `A line of the server is longer than ${limit} bytes.`);
      }
      parts.push(part);
      if (end < 0) continue;
      this.#buffer = bytes.subarray(end + 1);
      return withoutEnd(joined(parts, length));
    }
  }

  /** Gives back what was read last. */
  unread(bytes: Uint8Array): void {
    this.#buffer = joined([bytes, this.#buffer], bytes.length + this.#buffer.length);
  }

  async #next(idleMs: number | undefined): Promise<Uint8Array | undefined> {
    const reading = this.#ahead ?? this.#stream.read();
    // Who waits no longer leaves the read to whoever comes next: a stream has one at a time.
    this.#ahead = reading;
    const bytes = idleMs === undefined ? await reading : await within(reading, idleMs);
    this.#ahead = undefined;
    return bytes;
  }
}

/** @throws HttpError `timed-out` when a promise takes longer */
export async function within<Value>(promise: Promise<Value>, milliseconds: number): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const seconds = Math.round(milliseconds / 1000);
      reject(new HttpError("timed-out", `The server said nothing for ${seconds} seconds.`));
    }, milliseconds);
  });
  try {
    return await Promise.race([promise, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function withoutEnd(line: Uint8Array): Uint8Array {
  const text = line.at(-1) === CR ? line.subarray(0, -1) : line;
  // Others might take it for the end of a line.
  if (text.includes(CR)) throw new HttpError("malformed", "A line of the server has a CR in it.");
  return text;
}
