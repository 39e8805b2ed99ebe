/**
 * The guest's way out: TCP and UDP through a WISP server, Tabnix's relay or another one. One WebSocket for
 * all streams, made when the first is asked for, and anew when it was lost.
 */
import { type ByteStream, NetworkError } from "../../../shared/byte-stream.ts";
import { browserWebSocket, type WebSocketFactory } from "../../../shared/mux/web-socket.ts";
import { RELAY_RESOLVER, TOKEN_PROTOCOL, WISP_PROTOCOL } from "../../../shared/wisp/names.ts";
import { type DatagramStream, Datagrams } from "./datagrams.ts";
import { LinkKeeper, type RelayState } from "./link-keeper.ts";
import { WispConnection, type WispServer } from "./wisp-connection.ts";

export type { DatagramStream, RelayState, WispServer };

export interface WispClientOptions {
  /** `wss://host/path/`, as the server has it; WISP wants a slash at the end. */
  url: string;
  /** For a relay of Tabnix that asks for one: `npm run relay -- token` makes it. */
  token?: string;
  /** The resolver for servers that have none of their own: an address, port 53. */
  resolver?: string;
  /** Makes WebSockets; the browser's own unless given. */
  socket?: WebSocketFactory;
  /** Called with each change of the connection, from the first attempt on. */
  onState?: (state: RelayState<WispServer>) => void;
}

const DNS_PORT = 53;

export class WispClient {
  readonly #options: WispClientOptions;
  readonly #keeper: LinkKeeper<WispConnection, WispServer>;
  /** Whether version 2 is asked for. A server of version 1 may refuse that, so it is tried without. */
  #newer = true;

  constructor(options: WispClientOptions) {
    this.#options = options;
    this.#keeper = new LinkKeeper<WispConnection, WispServer>(
      (events) =>
        new WispConnection(this.#socket(), events, () => {
          // With a token there is no other way: it is only sent where version 2 is asked for.
          if (options.token !== undefined) return undefined;
          this.#newer = !this.#newer;
          return this.#newer ? undefined : "now";
        }),
      (state) => options.onState?.(state),
    );
  }

  /** How the connection stands. */
  get state(): RelayState<WispServer> {
    return this.#keeper.state;
  }

  /** Connects without waiting for a stream, or tries again at once. */
  start(): void {
    this.#keeper.start();
  }

  /**
   * Connects to a host, which the relay resolves if it is a name. With Tabnix's relay, and with servers that
   * confirm streams (WISP 2.1), this resolves when the host has accepted; with others at once, and an error
   * comes with the first read.
   *
   * @throws NetworkError ECONNREFUSED, EHOSTUNREACH, ETIMEDOUT, EACCES (the relay's policy), ECONNABORTED
   *   (too many), ENETUNREACH (no relay)
   */
  async connect(host: string, port: number): Promise<ByteStream> {
    const connection = await this.#keeper.online();
    return await connection.connect(host, port);
  }

  /** Datagrams to and from one host. The first ones wait for the connection if need be. */
  openUdp(host: string, port: number): DatagramStream {
    return this.#open(() => ({ host, port }));
  }

  /** DNS messages (RFC 1035, 4.2.1) to a resolver: the relay's, else the one of the options. */
  openResolver(): DatagramStream {
    return this.#open((server) => {
      if (server.streamControl) return { host: RELAY_RESOLVER, port: DNS_PORT };
      const host = this.#options.resolver;
      if (host === undefined) {
        throw new NetworkError("ENETUNREACH", "The relay has no resolver, and none is configured.");
      }
      return { host, port: DNS_PORT };
    });
  }

  /** Ends the connection and all its streams. A later stream makes a new one. */
  close(): void {
    this.#keeper.stop();
  }

  #open(peer: (server: WispServer) => { host: string; port: number }): DatagramStream {
    const datagrams = new Datagrams();
    this.#keeper
      .online()
      .then((connection) => {
        if (datagrams.closed) return;
        const { host, port } = peer(connection.server);
        connection.openUdp(host, port, datagrams);
      })
      .catch((error: unknown) => datagrams.fail(error));
    return datagrams;
  }

  #socket() {
    const { url, token, socket = browserWebSocket } = this.#options;
    if (!this.#newer) return socket(url, []);
    return socket(url, [
      WISP_PROTOCOL,
      ...(token === undefined ? [] : [`${TOKEN_PROTOCOL}${token}`]),
    ]);
  }
}
