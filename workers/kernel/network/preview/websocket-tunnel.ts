import { WEBSOCKET_QUEUE_BYTES, WEBSOCKET_WINDOW_BYTES } from "../../../shared/limits.ts";
import type { HttpClient } from "../http/http-client.ts";
import { openWebSocket, type WebSocketClient } from "../http/websocket-client.ts";
import { CLOSE } from "../http/websocket-frames.ts";
import type { FromWebSocket, PreviewWebSocket, ToWebSocket } from "./contract.ts";
import type { CookieJar } from "./cookie-jar.ts";
import { ownBytes } from "./exchange.ts";

/** Joins a page's WebSocket, at the other end of a port, with one to a server in the guest. */
export class WebSocketTunnel {
  readonly #channel: MessagePort;
  readonly #cancelled = new AbortController();
  #socket: WebSocketClient | undefined;
  /** Bytes that the page has been given and has not taken. */
  #untaken = 0;
  #wake: () => void = () => {};
  /** Messages of the page go out one after the other. */
  #sending: Promise<void> = Promise.resolve();
  #queued = 0;

  constructor(channel: MessagePort) {
    this.#channel = channel;
  }

  /** Opens it and carries messages until either side ends. Never rejects. */
  async run(client: HttpClient, jar: CookieJar, request: PreviewWebSocket): Promise<void> {
    this.#channel.onmessage = ({ data }: MessageEvent<unknown>) => this.#receive(data);
    this.#channel.addEventListener("close", () => this.cancel());
    const { port, target, origin, protocols } = request;
    const cookies = jar.header(target.split("?", 1)[0] ?? "/");
    const fields = [
      ["host", `localhost:${port}`],
      ["origin", origin],
      ...(cookies === "" ? [] : [["cookie", cookies] as const]),
    ] as const;
    try {
      const handshake = { target, fields, protocols };
      const opened = await openWebSocket(client, port, handshake, this.#cancelled.signal);
      this.#socket = opened.socket;
      this.#post({ type: "open", protocol: opened.protocol });
      await this.#carry(opened.socket);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#post({ type: "close", code: CLOSE.abnormal, reason, wasClean: false });
    }
    this.#channel.close();
  }

  /** The page is gone. */
  cancel(): void {
    this.#cancelled.abort();
    this.#socket?.abort();
    this.#wake();
  }

  async #carry(socket: WebSocketClient): Promise<void> {
    for (;;) {
      const data = await socket.receive();
      if (data === undefined) break;
      this.#untaken += data.length;
      if (typeof data === "string") this.#post({ type: "message", data });
      else {
        const bytes = ownBytes(data);
        this.#post({ type: "message", data: bytes }, [bytes.buffer]);
      }
      while (this.#untaken > WEBSOCKET_WINDOW_BYTES && !this.#cancelled.signal.aborted) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
    this.#post({ type: "close", ...socket.end });
  }

  #receive(message: unknown): void {
    if (!isToWebSocket(message) || !this.#socket) {
      this.cancel();
      return;
    }
    const socket = this.#socket;
    if (message.type === "send") {
      this.#send(socket, message.data);
    } else if (message.type === "taken") {
      this.#untaken = Math.max(0, this.#untaken - message.bytes);
      this.#wake();
    } else {
      const { code, reason } = message;
      void this.#sending.then(() => socket.close(code, reason));
    }
  }

  #send(socket: WebSocketClient, data: string | Uint8Array): void {
    this.#queued += data.length;
    if (this.#queued > WEBSOCKET_QUEUE_BYTES) {
      socket.close(CLOSE.tooLarge, "Too much is waiting to be sent.");
      return;
    }
    this.#sending = this.#sending.then(async () => {
      await socket.send(data).catch(() => socket.abort());
      this.#queued -= data.length;
      this.#post({ type: "sent", bytes: data.length });
    });
  }

  #post(message: FromWebSocket, transfer: Transferable[] = []): void {
    this.#channel.postMessage(message, transfer);
  }
}

/** A page sends these, so nothing is sure about them. */
function isToWebSocket(message: unknown): message is ToWebSocket {
  if (typeof message !== "object" || message === null) return false;
  const { type, data, bytes, code, reason } = message as Record<string, unknown>;
  if (type === "send") return typeof data === "string" || data instanceof Uint8Array;
  if (type === "taken") return typeof bytes === "number" && bytes >= 0;
  const isCode = code === undefined || typeof code === "number";
  return type === "close" && isCode && (reason === undefined || typeof reason === "string");
}
