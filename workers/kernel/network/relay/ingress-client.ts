/** The way in: a server of the guest gets a public address at a relay for as long as the tab lives. */
import { type ByteStream, join, NetworkError } from "../../../shared/byte-stream.ts";
import { INGRESS_PROTOCOL } from "../../../shared/ingress/frame.ts";
import { browserWebSocket, type WebSocketFactory } from "../../../shared/mux/web-socket.ts";
import { TOKEN_PROTOCOL } from "../../../shared/wisp/names.ts";
import { type IngressAddress, IngressConnection } from "./ingress-connection.ts";
import { LinkKeeper, type RelayState } from "./link-keeper.ts";

export type { IngressAddress };

export interface IngressClientOptions {
  /** `wss://host/ingress` of the relay. */
  url: string;
  /** Its scope allows the name: `ingress:<name>`, or `ingress:*` for any. */
  token?: string;
  /** The name that is asked for, one label of a host name; the relay chooses when there is none. */
  name?: string;
  /** The guest's port that the public reaches. */
  port: number;
  /** Connects to the guest. A NetworkError ECONNREFUSED means that nothing listens there. */
  connect: (port: number) => Promise<ByteStream>;
  /** Makes WebSockets; the browser's own unless given. */
  socket?: WebSocketFactory;
  /** Called with each change; online, `server` has the public address. */
  onState?: (state: RelayState<IngressAddress>) => void;
}

export class IngressClient {
  readonly #keeper: LinkKeeper<IngressConnection, IngressAddress>;
  /** The name that the relay has given, so that the address stays when the connection is made anew. */
  #name: string | undefined;

  constructor(options: IngressClientOptions) {
    const { token, port, connect, socket = browserWebSocket, onState } = options;
    this.#name = options.name;
    this.#keeper = new LinkKeeper<IngressConnection, IngressAddress>(
      (events) => {
        const url = new URL(options.url);
        if (this.#name !== undefined) url.searchParams.set("name", this.#name);
        const protocols = [
          INGRESS_PROTOCOL,
          ...(token === undefined ? [] : [`${TOKEN_PROTOCOL}${token}`]),
        ];
        return new IngressConnection(
          socket(url.href, protocols),
          {
            ...events,
            online: (server) => {
              this.#name = server.name;
              events.online(server);
            },
          },
          (stream) => serve(stream, () => connect(port)),
        );
      },
      (state) => onState?.(state),
    );
  }

  /** How the connection stands. */
  get state(): RelayState<IngressAddress> {
    return this.#keeper.state;
  }

  /**
   * Publishes, and goes on publishing when the connection is lost, until `close`.
   *
   * @returns the address, once it is there
   * @throws NetworkError ENETUNREACH when the first attempt fails; more are made all the same
   */
  async start(): Promise<IngressAddress> {
    return (await this.#keeper.online()).address;
  }

  /** Tries again at once what waits for its next attempt. */
  retry(): void {
    this.#keeper.start();
  }

  /** Takes the address off the net; connections through it break. */
  close(): void {
    this.#keeper.stop();
  }
}

/** Joins a connection of the public with one to the guest. */
async function serve(
  stream: ByteStream & { reset(error: NetworkError): void },
  connect: () => Promise<ByteStream>,
): Promise<void> {
  try {
    await join(stream, await connect());
  } catch (error) {
    stream.reset(
      error instanceof NetworkError ? error : new NetworkError("ECONNABORTED", String(error)),
    );
  }
}
