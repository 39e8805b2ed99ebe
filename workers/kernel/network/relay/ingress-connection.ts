/** One WebSocket to a relay's ingress, on the tab's side. */
import { NetworkError } from "../../../shared/byte-stream.ts";
import {
  decodeIngressFrame,
  encodeIngressFrame,
  INGRESS_CLOSE,
  INGRESS_VERSION,
  type IngressFrame,
  RESET_REASON,
} from "../../../shared/ingress/frame.ts";
import { IngressStream } from "../../../shared/ingress/ingress-stream.ts";
import { MAX_INGRESS_STREAMS, RELAY_HANDSHAKE_MS } from "../../../shared/limits.ts";
import { SocketWriter, type WebSocketLike } from "../../../shared/mux/web-socket.ts";
import type { Link, LinkEvents } from "./link-keeper.ts";

/** Where the public finds the guest. */
export interface IngressAddress {
  /** The name that the relay has given. */
  name: string;
  /** The address of the site, `https://name.host/`. */
  address: string;
}

/** Why there is no connection. More is kept from pages: the network, the token, its scope or the origin. */
export const UNREACHED = "The relay cannot be reached, or does not give out this address.";

const NORMAL_CLOSURE = 1000;

export class IngressConnection implements Link {
  readonly #socket: WebSocketLike;
  readonly #writer: SocketWriter;
  readonly #events: LinkEvents<IngressAddress>;
  readonly #serve: (stream: IngressStream) => void;
  readonly #streams = new Map<number, IngressStream>();
  #window = 0;
  #address: IngressAddress = { name: "", address: "" };
  #opened = false;
  #gone = false;
  readonly #handshake: ReturnType<typeof setTimeout>;

  /** @param serve takes each connection of the public */
  constructor(
    socket: WebSocketLike,
    events: LinkEvents<IngressAddress>,
    serve: (stream: IngressStream) => void,
  ) {
    this.#socket = socket;
    this.#writer = new SocketWriter(socket);
    this.#events = events;
    this.#serve = serve;
    this.#handshake = setTimeout(
      () => this.#leave("The relay did not answer in time."),
      RELAY_HANDSHAKE_MS,
    );
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => {
      this.#opened = true;
    });
    socket.addEventListener("message", ({ data }) => this.#message(data));
    // "close" follows, with what there is to say.
    socket.addEventListener("error", () => {});
    socket.addEventListener("close", ({ code, reason }) => this.#socketClosed(code, reason));
  }

  /** As in HELLO. */
  get address(): IngressAddress {
    return this.#address;
  }

  close(): void {
    this.#leave("The address was given up.");
  }

  #message(data: unknown): void {
    if (this.#gone) return;
    try {
      if (!(data instanceof ArrayBuffer)) throw new Error("A message is not binary.");
      this.#frame(decodeIngressFrame(new Uint8Array(data)));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#leave(`The relay does not keep to the protocol: ${why}`);
    }
  }

  #frame(frame: IngressFrame): void {
    if (frame.type === "hello") this.#hello(frame);
    else if (frame.type === "open") this.#open(frame.stream);
    // A stream that was closed here may have had something under way.
    else this.#streams.get(frame.stream)?.frame(frame);
  }

  #hello(hello: IngressFrame & { type: "hello" }): void {
    if (hello.version !== INGRESS_VERSION) {
      this.#leave(`The relay speaks version ${hello.version} of the ingress.`, "never");
      return;
    }
    clearTimeout(this.#handshake);
    this.#window = hello.window;
    this.#address = { name: hello.name, address: hello.address };
    this.#events.online(this.#address);
  }

  #open(id: number): void {
    if (this.#streams.has(id)) throw new Error(`Stream ${id} is opened twice.`);
    if (this.#streams.size >= MAX_INGRESS_STREAMS) {
      this.#now({ type: "reset", stream: id, reason: RESET_REASON.limit });
      return;
    }
    const stream = new IngressStream(id, this.#window, {
      now: (frame) => this.#now(frame),
      whenRoom: (frame) => this.#writer.whenRoom(encodeIngressFrame(frame)),
      closed: () => this.#streams.delete(id),
    });
    this.#streams.set(id, stream);
    this.#serve(stream);
  }

  #now(frame: IngressFrame): void {
    this.#writer.now(encodeIngressFrame(frame));
  }

  #socketClosed(code: number, reason: string): void {
    if (!this.#opened) {
      this.#lost(UNREACHED);
    } else if (code === INGRESS_CLOSE.taken) {
      this.#lost("The name is taken: another tab has it. Choose another name.", "never");
    } else {
      const why = reason ? `: ${reason}` : ` (${code})`;
      this.#lost(
        `The connection to the relay was lost${why}.`,
        isFinal(code) ? "never" : undefined,
      );
    }
  }

  #leave(reason: string, again?: "never"): void {
    this.#lost(reason, again);
    this.#socket.close(NORMAL_CLOSURE);
  }

  #lost(reason: string, again?: "never"): void {
    if (this.#gone) return;
    this.#gone = true;
    clearTimeout(this.#handshake);
    const error = new NetworkError("ECONNRESET", reason);
    for (const stream of [...this.#streams.values()]) stream.fail(error);
    this.#streams.clear();
    this.#events.gone(reason, again);
  }
}

/** Whether a relay that closed a connection so would do it again. */
function isFinal(code: number): boolean {
  return code === INGRESS_CLOSE.taken || code === INGRESS_CLOSE.replaced;
}
