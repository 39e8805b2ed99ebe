/** A ByteStream as a socket of Node. */
import { Duplex } from "node:stream";
import type { ByteStream } from "../../workers/shared/byte-stream.ts";
import { AWAIT_END_MS } from "../limits.ts";

/** A ByteStream for what wants a socket of Node, such as its HTTP client. */
export class StreamSocket extends Duplex {
  readonly #stream: ByteStream;
  /** The last read: whether there may be another. */
  #reading: Promise<boolean> = Promise.resolve(true);

  constructor(stream: ByteStream) {
    super({ allowHalfOpen: true });
    this.#stream = stream;
  }

  override _read(): void {
    this.#reading = this.#stream.read().then(
      (bytes) => {
        this.push(
          bytes === undefined ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length),
        );
        return bytes !== undefined;
      },
      (error: Error) => {
        this.destroy(error);
        return false;
      },
    );
  }

  override _write(bytes: Uint8Array, _encoding: string, done: (error?: Error) => void): void {
    // The stream keeps what it is given, and HTTP's writer may use its buffer again.
    this.#stream.write(Uint8Array.from(bytes)).then(() => done(), done);
  }

  override _final(done: () => void): void {
    this.#stream.end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    // HTTP's client lets go of a socket once it has said its own end, and does not wait for the peer's.
    if (error === null && this.writableFinished) void this.#awaitEnd();
    else this.#stream.abort();
    done(error);
  }

  /** Reads what nobody wants any more, so that the connection ends instead of breaking. */
  async #awaitEnd(): Promise<void> {
    const timer = setTimeout(() => this.#stream.abort(), AWAIT_END_MS);
    timer.unref();
    try {
      let more = await this.#reading;
      while (more) more = (await this.#stream.read()) !== undefined;
    } catch {
      // It broke after all, and nobody is left to be told.
    }
    clearTimeout(timer);
  }

  /** What HTTP's client calls on any socket. */
  setTimeout(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}
