/** The part of the WebSocket API that Tabnix uses, so that Node's and browsers' fit alike. */
import { NetworkError } from "../byte-stream.ts";
import { RELAY_SOCKET_BYTES, RELAY_SOCKET_POLL_MS } from "../limits.ts";

/** A WebSocket as in the HTML standard ("The WebSocket interface"). */
export interface WebSocketLike {
  binaryType: "blob" | "arraybuffer" | string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  /** The subprotocol that the server chose. */
  readonly protocol: string;
  send(message: Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "open" | "error", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
  addEventListener(
    type: "close",
    listener: (event: { code: number; reason: string }) => void,
  ): void;
}

/** Makes a WebSocket; `(url, protocols) => new WebSocket(url, protocols)` where there is one. */
export type WebSocketFactory = (url: string, protocols: string[]) => WebSocketLike;

/** The state of a socket that can send. */
export const SOCKET_OPEN = 1;

/** Makes the browser's own sockets. */
export const browserWebSocket: WebSocketFactory = (url, protocols) => new WebSocket(url, protocols);

/** Sends through a WebSocket, whose standard has no event for room: writers look again and again. */
export class SocketWriter {
  readonly #socket: WebSocketLike;
  #turn: Promise<void> = Promise.resolve();

  constructor(socket: WebSocketLike) {
    this.#socket = socket;
  }

  /** Sends at once, for messages that are small and few. Nothing happens on a socket that is not open. */
  now(message: Uint8Array<ArrayBuffer>): void {
    if (this.#socket.readyState === SOCKET_OPEN) this.#socket.send(message);
  }

  /**
   * Sends when there is room, writers one after the other.
   *
   * @throws NetworkError when the socket is gone
   */
  whenRoom(message: Uint8Array<ArrayBuffer>): Promise<void> {
    const sent = this.#turn.then(async () => {
      while (
        this.#socket.readyState === SOCKET_OPEN &&
        this.#socket.bufferedAmount > RELAY_SOCKET_BYTES
      ) {
        await new Promise((resolve) => setTimeout(resolve, RELAY_SOCKET_POLL_MS));
      }
      if (this.#socket.readyState !== SOCKET_OPEN) {
        throw new NetworkError("ECONNRESET", "The connection to the relay is gone.");
      }
      this.#socket.send(message);
    });
    this.#turn = sent.catch(() => {});
    return sent;
  }
}
