/**
 * The kernel worker's side of the preview: takes requests of service workers and asks the guest's
 * servers. It holds what a service worker cannot, since that may end at any moment: connections and
 * cookies.
 */
import {
  PREVIEW_MAX_PORTS,
  PREVIEW_MAX_REQUESTS,
  PREVIEW_PING_MS,
} from "../../../shared/limits.ts";
import { isPort } from "../../../shared/port-number.ts";
import type { Connect } from "../http/connection-pool.ts";
import { HttpClient, type Patience } from "../http/http-client.ts";
import type { FromGateway, PreviewWebSocket, ToGateway } from "./contract.ts";
import { CookieJar } from "./cookie-jar.ts";
import { Exchange } from "./exchange.ts";
import { WebSocketTunnel } from "./websocket-tunnel.ts";

export interface PreviewGatewayOptions {
  /** Opens a TCP connection to a server in the guest. @throws NetworkError */
  connect: Connect;
  patience?: Patience;
}

/** One service worker. */
interface Peer {
  port: MessagePort;
  exchanges: Map<number, Exchange>;
  /** Gives up on it, unless it says that it is there. */
  verdict?: ReturnType<typeof setTimeout>;
}

export class PreviewGateway {
  readonly #client: HttpClient;
  readonly #jars = new Map<number, CookieJar>();
  readonly #peers = new Set<Peer>();
  readonly #tunnels = new Set<WebSocketTunnel>();

  constructor({ connect, patience }: PreviewGatewayOptions) {
    this.#client = new HttpClient(connect, patience);
  }

  /** Requests and WebSockets that are under way. */
  get busy(): number {
    let count = this.#tunnels.size;
    for (const { exchanges } of this.#peers) count += exchanges.size;
    return count;
  }

  /** Serves a service worker; the ones before are asked whether they still live. */
  serve(port: MessagePort): void {
    for (const peer of this.#peers) this.#ask(peer);
    const [oldest] = this.#peers;
    if (oldest && this.#peers.size >= PREVIEW_MAX_PORTS) this.#drop(oldest);
    const peer: Peer = { port, exchanges: new Map() };
    this.#peers.add(peer);
    port.onmessage = ({ data }: MessageEvent<ToGateway>) => this.#receive(peer, data);
    // Where the browser has this event, nobody has to ask.
    port.addEventListener("close", () => this.#drop(peer));
    this.#post(peer, { type: "hello" });
  }

  /** Ends everything that is under way: the machine stops. Cookies stay. */
  reset(): void {
    for (const { exchanges } of this.#peers) {
      for (const exchange of exchanges.values()) exchange.cancel();
    }
    for (const tunnel of this.#tunnels) tunnel.cancel();
    this.#client.close();
  }

  /** As {@link reset}, and serves nobody any more. */
  close(): void {
    this.reset();
    for (const peer of this.#peers) this.#drop(peer);
  }

  #receive(peer: Peer, message: ToGateway): void {
    clearTimeout(peer.verdict);
    switch (message.type) {
      case "request":
        void this.#request(peer, message);
        break;
      case "piece":
        peer.exchanges.get(message.id)?.push(message.bytes);
        break;
      case "end":
        peer.exchanges.get(message.id)?.complete();
        break;
      case "more":
        peer.exchanges.get(message.id)?.grant(message.pieces);
        break;
      case "cancel":
        peer.exchanges.get(message.id)?.cancel();
        break;
      case "cookies": {
        const { id, port, path } = message;
        this.#post(peer, { type: "cookies", id, cookies: this.#jar(port).visible(path) });
        break;
      }
      case "set-cookie":
        this.#jar(message.port).set(message.cookie, message.path, true);
        break;
      case "websocket":
        void this.#openTunnel(message.request, message.channel);
        break;
      case "pong":
        break;
    }
  }

  async #request(peer: Peer, message: Extract<ToGateway, { type: "request" }>): Promise<void> {
    const { type: _, id, ...request } = message;
    const refuse = (text: string) =>
      this.#post(peer, { type: "failed", id, failure: { code: "too-many", message: text } });
    if (!isPort(request.port)) return refuse("There is no such port.");
    if (this.busy >= PREVIEW_MAX_REQUESTS) return refuse("Too many requests are under way.");
    const exchange = new Exchange({
      id,
      request,
      client: this.#client,
      jar: this.#jar(request.port),
      post: (answer, transfer) => this.#post(peer, answer, transfer),
    });
    peer.exchanges.set(id, exchange);
    await exchange.run();
    peer.exchanges.delete(id);
  }

  async #openTunnel(request: PreviewWebSocket, channel: MessagePort): Promise<void> {
    if (!isPort(request.port) || this.busy >= PREVIEW_MAX_REQUESTS) {
      channel.close();
      return;
    }
    const tunnel = new WebSocketTunnel(channel);
    this.#tunnels.add(tunnel);
    await tunnel.run(this.#client, this.#jar(request.port), request);
    this.#tunnels.delete(tunnel);
  }

  #jar(port: number): CookieJar {
    let jar = this.#jars.get(port);
    if (!jar) {
      jar = new CookieJar();
      this.#jars.set(port, jar);
    }
    return jar;
  }

  #ask(peer: Peer): void {
    clearTimeout(peer.verdict);
    peer.verdict = setTimeout(() => this.#drop(peer), PREVIEW_PING_MS);
    this.#post(peer, { type: "ping" });
  }

  #drop(peer: Peer): void {
    clearTimeout(peer.verdict);
    this.#peers.delete(peer);
    for (const exchange of peer.exchanges.values()) exchange.cancel();
    peer.port.close();
  }

  #post(peer: Peer, message: FromGateway, transfer: Transferable[] = []): void {
    peer.port.postMessage(message, transfer);
  }
}
