/** What leaves through one WebSocket: streams take turns, and wait while the client does not read. */
import type { WebSocket } from "ws";
import { NetworkError } from "../workers/shared/byte-stream.ts";
import type { RelayLimits } from "./limits.ts";

interface Waiter {
  message: Uint8Array;
  resolve(): void;
  reject(error: NetworkError): void;
}

export class Outlet {
  readonly #socket: WebSocket;
  readonly #limits: RelayLimits;
  readonly #waiters: Waiter[] = [];
  #sent = 0;

  constructor(socket: WebSocket, limits: RelayLimits) {
    this.#socket = socket;
    this.#limits = limits;
    socket.on("close", () => {
      const error = new NetworkError("ECONNRESET", "The client is gone.");
      for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
    });
  }

  /** Bytes that the client has not taken yet, those of waiting streams included. */
  get waiting(): number {
    return this.#waiters.reduce((sum, { message }) => sum + message.length, this.#buffered);
  }

  /** Messages that have left so far: a client that takes any is alive. */
  get sent(): number {
    return this.#sent;
  }

  /** Sends at once. A client that lets this pile up, too, is cut off. */
  now(message: Uint8Array): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#buffered > this.#limits.socketHardBytes) {
      this.#socket.terminate();
      return;
    }
    this.#socket.send(message, (error) => this.#left(error));
  }

  /** Sends when there is room. @throws NetworkError when the client is gone */
  whenRoom(message: Uint8Array): Promise<void> {
    if (this.#waiters.length === 0 && this.#hasRoom) {
      if (this.#socket.readyState !== this.#socket.OPEN) {
        return Promise.reject(new NetworkError("ECONNRESET", "The client is gone."));
      }
      this.now(message);
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      this.#waiters.push({ message, resolve, reject });
    });
  }

  get #buffered(): number {
    return this.#socket.bufferedAmount;
  }

  get #hasRoom(): boolean {
    return this.#buffered < this.#limits.socketBytes;
  }

  #left(error: Error | null | undefined): void {
    if (error) return;
    this.#sent++;
    while (this.#waiters.length > 0 && this.#hasRoom) {
      const { message, resolve } = this.#waiters.shift()!;
      this.now(message);
      resolve();
    }
  }
}
