/** A socket of Node as a ByteStream, and the other way round. */
import { Duplex } from "node:stream";
import {
  type ByteStream,
  NetworkError,
  type NetworkErrorCode,
} from "../workers/shared/byte-stream.ts";
import { AWAIT_END_MS } from "./limits.ts";

const CODES: readonly NetworkErrorCode[] = ["ECONNRESET", "ETIMEDOUT", "EPIPE", "EHOSTUNREACH"];

/** Reads only when asked, so that the system's buffer fills and the peer waits. */
export class SocketStream implements ByteStream {
  readonly #socket: Duplex;
  /** Read, and not asked for yet: one, or few that came before the pause had an effect. */
  readonly #pieces: Uint8Array[] = [];
  #error: NetworkError | undefined;
  #ended = false;
  #wake: (() => void) | undefined;
  #drained: (() => void) | undefined;

  /** @param socket connected, and read by nobody else */
  constructor(socket: Duplex) {
    this.#socket = socket;
    const wake = () => {
      this.#wake?.();
      this.#drained?.();
    };
    // Pieces as they come, and not `read()`, which makes one of all that wait.
    socket.pause();
    socket.on("data", (bytes: Uint8Array) => {
      socket.pause();
      this.#pieces.push(bytes);
      this.#wake?.();
    });
    socket.on("drain", () => this.#drained?.());
    socket.on("end", () => {
      this.#ended = true;
      wake();
    });
    socket.on("error", (error) => {
      this.#error ??= toNetworkError(error);
      wake();
    });
    socket.on("close", () => {
      if (!this.#ended) {
        this.#error ??= new NetworkError("ECONNRESET", "The connection was closed.");
      }
      this.#ended = true;
      wake();
    });
  }

  /** Bytes that wait to be sent. */
  get waiting(): number {
    return this.#socket.writableLength;
  }

  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      const bytes = this.#pieces.shift();
      if (bytes) return bytes;
      if (this.#error) throw this.#error;
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.#socket.resume();
      });
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#error) throw this.#error;
    if (!this.#socket.writable) throw new NetworkError("EPIPE", "The connection was ended.");
    if (this.#socket.write(bytes)) return;
    await new Promise<void>((resolve) => {
      this.#drained = resolve;
    });
    if (this.#error) throw this.#error;
  }

  end(): void {
    this.#socket.end();
  }

  abort(): void {
    this.#error ??= new NetworkError("ECONNABORTED", "The connection was aborted.");
    // A connection that broke on one side breaks on the other: RST instead of FIN, where there is TCP.
    if ("resetAndDestroy" in this.#socket && typeof this.#socket.resetAndDestroy === "function") {
      this.#socket.resetAndDestroy();
    } else this.#socket.destroy();
  }
}

function toNetworkError(error: Error): NetworkError {
  const code = "code" in error ? error.code : undefined;
  return new NetworkError(CODES.find((known) => known === code) ?? "ECONNRESET", error.message);
}

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
