/** One WebSocket that speaks WISP as a client: the handshake, and the streams in it. */
import { type ByteStream, NetworkError } from "../../../shared/byte-stream.ts";
import {
  MAX_WISP_STREAMS,
  RELAY_HANDSHAKE_MS,
  RELAY_SOCKET_BYTES,
  WISP_UNPACED_BYTES,
  WISP_WINDOW_BYTES,
} from "../../../shared/limits.ts";
import { SocketWriter, type WebSocketLike } from "../../../shared/mux/web-socket.ts";
import { CLOSE_REASON, closeError } from "../../../shared/wisp/close-reasons.ts";
import {
  clientExtensions,
  readServerExtensions,
  type ServerFeatures,
} from "../../../shared/wisp/extensions.ts";
import {
  decodeWispPacket,
  encodeWispPacket,
  type WispPacket,
} from "../../../shared/wisp/packet.ts";
import type { Datagrams } from "./datagrams.ts";
import type { Link, LinkEvents } from "./link-keeper.ts";
import { WispTcpStream } from "./wisp-tcp-stream.ts";

/** What is known of a server once the handshake is over. */
export interface WispServer extends ServerFeatures {
  /** The protocol's version that is spoken. */
  version: 1 | 2;
}

/** A server of version 1 says nothing of itself; UDP may work there. */
const VERSION_1: WispServer = {
  version: 1,
  udp: true,
  openConfirmation: false,
  streamControl: false,
  authentication: "none",
  motd: "",
};

const RANDOM_IDS = 2 ** 31;
const NORMAL_CLOSURE = 1000;

export class WispConnection implements Link {
  readonly #socket: WebSocketLike;
  readonly #writer: SocketWriter;
  readonly #events: LinkEvents<WispServer>;
  /** Whether the socket was opened at all: one that was not may fail for its subprotocol. */
  readonly #failedEarly: () => "now" | undefined;
  readonly #streams = new Map<number, WispTcpStream>();
  readonly #datagrams = new Map<number, Datagrams>();
  #server: WispServer = VERSION_1;
  /** Packets that each new stream may send at once; undefined until the handshake is over. */
  #credit: number | undefined;
  #opened = false;
  #gone = false;
  #unpaced = 0;
  #lastId = Math.floor(Math.random() * RANDOM_IDS);
  readonly #handshake: ReturnType<typeof setTimeout>;

  /** @param failedEarly is asked when the socket was refused: whether there is another way to try */
  constructor(
    socket: WebSocketLike,
    events: LinkEvents<WispServer>,
    failedEarly: () => "now" | undefined,
  ) {
    this.#socket = socket;
    this.#writer = new SocketWriter(socket);
    this.#events = events;
    this.#failedEarly = failedEarly;
    this.#handshake = setTimeout(
      () => this.#leave("The relay did not answer in time."),
      RELAY_HANDSHAKE_MS,
    );
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => {
      this.#opened = true;
    });
    socket.addEventListener("message", ({ data }) => this.#message(data));
    // The standard tells a page nothing of why: "close" follows, with what there is to say.
    socket.addEventListener("error", () => {});
    socket.addEventListener("close", ({ code, reason }) => this.#socketClosed(code, reason));
  }

  /** What the server can do. */
  get server(): WispServer {
    return this.#server;
  }

  close(): void {
    this.#leave("The connection to the relay was closed.");
  }

  /** Opens a TCP stream: see WispClient.connect. */
  connect(host: string, port: number): Promise<ByteStream> {
    const stream = new WispTcpStream(`${host}:${port}`, this.#server, this.#credit ?? 0, {
      send: (packet) => this.#send({ ...packet, stream: id }),
      sendData: (bytes) =>
        this.#writer.whenRoom(encodeWispPacket({ type: "data", stream: id, bytes })),
      unpaced: (bytes) => {
        this.#unpaced += bytes;
        return this.#unpaced <= WISP_UNPACED_BYTES;
      },
      closed: () => this.#streams.delete(id),
    });
    const id = this.#newId();
    this.#streams.set(id, stream);
    this.#send({ type: "connect", stream: id, transport: "tcp", port, host });
    return stream.opened;
  }

  /** Opens a UDP stream for datagrams that may already wait. */
  openUdp(host: string, port: number, datagrams: Datagrams): void {
    if (!this.#server.udp) {
      throw new NetworkError("ENETUNREACH", "The relay has no UDP.");
    }
    const stream = this.#newId();
    this.#datagrams.set(stream, datagrams);
    this.#send({ type: "connect", stream, transport: "udp", port, host });
    datagrams.attach({
      send: (bytes) => {
        if (this.#socket.bufferedAmount > RELAY_SOCKET_BYTES) return;
        this.#send({ type: "data", stream, bytes });
      },
      close: () => {
        if (!this.#datagrams.delete(stream)) return;
        this.#send({ type: "close", stream, reason: CLOSE_REASON.voluntary });
      },
    });
  }

  #newId(): number {
    if (this.#streams.size + this.#datagrams.size >= MAX_WISP_STREAMS) {
      throw new NetworkError("ECONNABORTED", `${MAX_WISP_STREAMS} connections are open.`);
    }
    do {
      this.#lastId = (this.#lastId + 1) >>> 0;
    } while (
      this.#lastId === 0 ||
      this.#streams.has(this.#lastId) ||
      this.#datagrams.has(this.#lastId)
    );
    return this.#lastId;
  }

  #message(data: unknown): void {
    if (this.#gone) return;
    try {
      if (!(data instanceof ArrayBuffer)) throw new Error("A message is not binary.");
      this.#packet(decodeWispPacket(new Uint8Array(data)));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#leave(`The relay does not keep to the protocol: ${why}`);
    }
  }

  #packet(packet: WispPacket): void {
    if (packet.type === "info" || packet.stream === 0) {
      this.#connectionPacket(packet);
      return;
    }
    const stream = this.#streams.get(packet.stream);
    // A stream that was closed here may have had something under way.
    if (stream) {
      stream.packet(packet);
      return;
    }
    const datagrams = this.#datagrams.get(packet.stream);
    if (packet.type === "data") datagrams?.received(packet.bytes);
    if (packet.type === "close") {
      this.#datagrams.delete(packet.stream);
      datagrams?.fail(closeError(packet.reason, "UDP"));
    }
  }

  #connectionPacket(packet: WispPacket): void {
    if (packet.type === "info") {
      if (this.#credit !== undefined) return;
      const features = readServerExtensions(packet.extensions);
      this.#server = { ...features, version: 2 };
      const extensions = clientExtensions(features, WISP_WINDOW_BYTES);
      this.#send({ type: "info", major: 2, minor: 1, extensions });
      if (features.authentication !== "none") {
        this.#leave(
          `The relay wants a ${features.authentication}, which Tabnix has none of.`,
          "never",
        );
      }
    } else if (packet.type === "continue" && this.#credit === undefined) {
      clearTimeout(this.#handshake);
      this.#credit = packet.packets;
      this.#events.online(this.#server);
    } else if (packet.type === "close") {
      this.#leave(`${closeError(packet.reason, "The relay has closed the connection").message}`);
    }
  }

  #send(packet: WispPacket): void {
    this.#writer.now(encodeWispPacket(packet));
  }

  #socketClosed(code: number, reason: string): void {
    if (!this.#opened) {
      // Why is kept from pages: it may be the network, the token or the origin.
      this.#lost("The relay cannot be reached, or does not let this page in.", this.#failedEarly());
    } else {
      this.#lost(`The connection to the relay was lost${reason ? `: ${reason}` : ` (${code})`}.`);
    }
  }

  /** Ends the connection from this side. */
  #leave(reason: string, again?: "never"): void {
    this.#lost(reason, again);
    this.#socket.close(NORMAL_CLOSURE);
  }

  #lost(reason: string, again?: "never" | "now"): void {
    if (this.#gone) return;
    this.#gone = true;
    clearTimeout(this.#handshake);
    const error = new NetworkError("ECONNRESET", reason);
    for (const stream of [...this.#streams.values()]) stream.lost(error);
    for (const datagrams of this.#datagrams.values()) datagrams.fail(error);
    this.#streams.clear();
    this.#datagrams.clear();
    this.#events.gone(reason, again);
  }
}
