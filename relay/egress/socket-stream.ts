/** A TCP connection of this computer as a ByteStream. */
import { connect, type Socket, type TcpSocketConnectOpts } from "node:net";
import {
  type ByteStream,
  NetworkError,
  type NetworkErrorCode,
} from "../../workers/shared/byte-stream.ts";
import { copyWithHeadroom } from "../../workers/shared/headroom.ts";
import { READ_BYTES } from "../limits.ts";

const CODES: readonly NetworkErrorCode[] = ["ECONNRESET", "ETIMEDOUT", "EPIPE", "EHOSTUNREACH"];

/**
 * Every socket reads into this, and what came is copied out at once: memory is held for what was read,
 * and not for each connection that might be written to.
 */
const shared = Buffer.allocUnsafeSlow(READ_BYTES);

/** Reads only when asked, so that the system's buffer fills and the peer waits. */
export class SocketStream implements ByteStream {
  readonly #socket: Socket;
  /** Read, and not asked for yet. */
  readonly #pieces: Uint8Array[] = [];
  #error: NetworkError | undefined;
  #ended = false;
  #wake: (() => void) | undefined;
  #drained: (() => void) | undefined;

  private constructor(options: TcpSocketConnectOpts) {
    const socket = connect({
      ...options,
      allowHalfOpen: true,
      onread: {
        buffer: shared,
        // False stops the socket from reading.
        callback: (length) => {
          this.#pieces.push(copyWithHeadroom(shared.subarray(0, length), Buffer.allocUnsafeSlow));
          this.#wake?.();
          return false;
        },
      },
    });
    this.#socket = socket;
    const wake = () => {
      this.#wake?.();
      this.#drained?.();
    };
    socket.pause();
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

  /**
   * Connects; the halves end separately.
   *
   * @param signal ends the attempt
   * @throws Error of the system, with its code; the signal's reason
   */
  static async connect(options: TcpSocketConnectOpts, signal: AbortSignal): Promise<SocketStream> {
    signal.throwIfAborted();
    const stream = new SocketStream(options);
    const socket = stream.#socket;
    const giveUp = () => socket.destroy(signal.reason);
    signal.addEventListener("abort", giveUp);
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once("connect", resolve);
        socket.once("error", reject);
      });
      return stream;
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
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

  /** A connection that broke on one side breaks on the other: RST instead of FIN. */
  abort(): void {
    this.#error ??= new NetworkError("ECONNABORTED", "The connection was aborted.");
    this.#socket.resetAndDestroy();
  }
}

function toNetworkError(error: Error): NetworkError {
  const code = "code" in error ? error.code : undefined;
  return new NetworkError(CODES.find((known) => known === code) ?? "ECONNRESET", error.message);
}
