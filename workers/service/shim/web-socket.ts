import { localPort, parsePreviewPath } from "../addresses.ts";
import type { FromPreviewPage, FromWebSocket, ShimConfig, ToWebSocket } from "../contract.ts";

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;
const NORMAL_CLOSURE = 1000;
const GOING_AWAY = 1001;
const ABNORMAL_CLOSURE = 1006;
const FIRST_OWN_CODE = 3000;
const LAST_OWN_CODE = 4999;
const MAX_REASON_BYTES = 123;
const ENCODER = new TextEncoder();

interface Target {
  port: number;
  /** Path and query. */
  target: string;
  /** What the page sees. */
  url: string;
}

/** Has WebSockets to the guest go there; those to other places are the browser's. */
export function mendWebSocket(config: ShimConfig): void {
  const Native = globalThis.WebSocket;
  // What a page may look for on an instance is found: `instanceof`, and constants.
  Object.setPrototypeOf(TunnelledWebSocket.prototype, Native.prototype);
  globalThis.WebSocket = new Proxy(Native, {
    construct(target, args: [string | URL, (string | string[])?]) {
      const [address, protocols = []] = args;
      const own = targetOf(address, config);
      if (!own) return new target(...args);
      return new TunnelledWebSocket(own, [protocols].flat());
    },
  });
}

/** @returns undefined for an address that is not the guest's */
function targetOf(address: string | URL, config: ShimConfig): Target | undefined {
  if (!URL.canParse(address, location.href)) return undefined;
  const url = new URL(address, location.href);
  url.protocol = url.protocol.replace(/^http/, "ws");
  url.hash = "";
  if (url.host !== location.host) {
    const port = localPort(url);
    return port === undefined
      ? undefined
      : { port, target: url.pathname + url.search, url: url.href };
  }
  const below = parsePreviewPath(config.scope, url.pathname);
  const { port, path } = below ?? { port: config.port, path: url.pathname };
  return { port, target: (path || "/") + url.search, url: url.href };
}

/** The WebSocket interface over a port to the kernel worker. */
class TunnelledWebSocket extends EventTarget {
  readonly url: string;
  readonly extensions = "";
  protocol = "";
  readyState: number = CONNECTING;
  bufferedAmount = 0;
  binaryType: BinaryType = "blob";
  readonly #channel: MessagePort;
  readonly #handlers = new Map<string, EventListener>();
  /** Blobs are read before they are sent, and nothing overtakes them. */
  #sending: Promise<void> = Promise.resolve();

  constructor({ port, target, url }: Target, protocols: string[]) {
    super();
    if (
      new Set(protocols).size !== protocols.length ||
      protocols.some((it) => !/^[!-~]+$/.test(it))
    ) {
      throw new DOMException("The subprotocols are not valid.", "SyntaxError");
    }
    this.url = url;
    // Own properties, since those of the browser's prototype cannot be read here.
    for (const type of ["open", "message", "error", "close"]) this.#defineHandler(type);
    const { port1, port2 } = new MessageChannel();
    this.#channel = port1;
    port1.onmessage = ({ data }: MessageEvent<FromWebSocket>) => this.#receive(data);
    port1.addEventListener("close", () => this.#closed(ABNORMAL_CLOSURE, "", false));
    const message: FromPreviewPage = { type: "tabnix-preview-websocket", port, target, protocols };
    // Not every browser tells the other end that this page is gone.
    addEventListener("pagehide", () => this.#post({ type: "close", code: GOING_AWAY }));
    const { controller } = navigator.serviceWorker;
    if (controller) controller.postMessage(message, [port2]);
    else setTimeout(() => this.#closed(ABNORMAL_CLOSURE, "", false));
  }

  send(data: string | ArrayBufferLike | Blob | ArrayBufferView): void {
    if (this.readyState === CONNECTING) {
      throw new DOMException("The WebSocket is not open yet.", "InvalidStateError");
    }
    const payload = payloadOf(data);
    const length = payload instanceof Blob ? payload.size : payload.length;
    this.bufferedAmount += length;
    if (this.readyState !== OPEN) return;
    this.#sending = this.#sending.then(async () => {
      const read = payload instanceof Blob ? new Uint8Array(await payload.arrayBuffer()) : payload;
      this.#post({ type: "send", data: read });
    });
  }

  close(code?: number, reason = ""): void {
    const isOwn = code !== undefined && code >= FIRST_OWN_CODE && code <= LAST_OWN_CODE;
    if (code !== undefined && code !== NORMAL_CLOSURE && !isOwn) {
      throw new DOMException("The code must be 1000, or from 3000 to 4999.", "InvalidAccessError");
    }
    if (ENCODER.encode(reason).length > MAX_REASON_BYTES) {
      throw new DOMException("The reason is too long.", "SyntaxError");
    }
    if (this.readyState >= CLOSING) return;
    const wasOpen = this.readyState === OPEN;
    this.readyState = CLOSING;
    if (!wasOpen) {
      setTimeout(() => this.#closed(ABNORMAL_CLOSURE, "", false));
      return;
    }
    const message: ToWebSocket = { type: "close", reason, ...(code === undefined ? {} : { code }) };
    this.#sending = this.#sending.then(() => this.#post(message));
  }

  #receive(message: FromWebSocket): void {
    if (message.type === "open" && this.readyState === CONNECTING) {
      this.protocol = message.protocol;
      this.readyState = OPEN;
      this.dispatchEvent(new Event("open"));
    } else if (message.type === "message") {
      this.#post({ type: "taken", bytes: message.data.length });
      if (this.readyState !== OPEN) return;
      const data = this.#dataOf(message.data);
      this.dispatchEvent(new MessageEvent("message", { data, origin: new URL(this.url).origin }));
    } else if (message.type === "sent") {
      this.bufferedAmount = Math.max(0, this.bufferedAmount - message.bytes);
    } else if (message.type === "close") {
      this.#closed(message.code, message.reason, message.wasClean);
    }
  }

  #dataOf(data: string | Uint8Array): string | ArrayBuffer | Blob {
    if (typeof data === "string") return data;
    const bytes = new Uint8Array(data);
    return this.binaryType === "arraybuffer" ? bytes.buffer : new Blob([bytes]);
  }

  #closed(code: number, reason: string, wasClean: boolean): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    this.#channel.close();
    if (!wasClean) this.dispatchEvent(new Event("error"));
    this.dispatchEvent(new CloseEvent("close", { code, reason, wasClean }));
  }

  #post(message: ToWebSocket): void {
    this.#channel.postMessage(message);
  }

  #defineHandler(type: string): void {
    Object.defineProperty(this, `on${type}`, {
      configurable: true,
      get: () => this.#handlers.get(type) ?? null,
      set: (handler: unknown) => {
        const before = this.#handlers.get(type);
        if (before) this.removeEventListener(type, before);
        this.#handlers.delete(type);
        if (typeof handler !== "function") return;
        const listener = handler as EventListener;
        this.#handlers.set(type, listener);
        this.addEventListener(type, listener);
      },
    });
  }
}

function payloadOf(data: unknown): string | Uint8Array | Blob {
  if (data instanceof Blob) return data;
  if (data instanceof ArrayBuffer) return new Uint8Array(data.slice(0));
  if (ArrayBuffer.isView(data)) {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
  }
  return String(data);
}
