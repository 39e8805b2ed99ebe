/** The relay: one HTTP server for WISP, for the tabs that serve names, and for their visitors. */
import { getServers } from "node:dns";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { TabnixError } from "../workers/shared/errors.ts";
import {
  INGRESS_CLOSE,
  INGRESS_MESSAGE_BYTES,
  INGRESS_PROTOCOL,
} from "../workers/shared/ingress/frame.ts";
import { type Account, Accounts } from "./access/accounts.ts";
import type { Access } from "./access/token.ts";
import { Budget } from "./egress/budget.ts";
import { Dialer } from "./egress/dialer.ts";
import { makeResolver } from "./egress/resolver.ts";
import { type EgressContext, EgressSession } from "./egress/session.ts";
import { admit, chooseWispProtocol, Denied, offered, refuseUpgrade } from "./http/admission.ts";
import { type Client, readClient } from "./http/client-address.ts";
import { chooseName, Names } from "./ingress/names.ts";
import { IngressProxy } from "./ingress/proxy.ts";
import { Tunnel } from "./ingress/tunnel.ts";
import { REQUEST_HEAD_BYTES } from "./limits.ts";
import { parseNameServer } from "./name-servers.ts";
import { relayMetrics } from "./observe/metrics.ts";
import type { RelayOptions } from "./options.ts";
import { Policy } from "./policy/policy.ts";

/** Where WISP is, and the tabs' way in. */
const WISP_PATH = "/wisp/";
const INGRESS_PATH = "/ingress";

export class Relay {
  readonly #options: RelayOptions;
  readonly #server: Server;
  readonly #metrics = relayMetrics();
  readonly #accounts: Accounts;
  readonly #budget: Budget;
  readonly #egress: EgressContext;
  readonly #sessions = new Set<EgressSession>();
  readonly #names = new Names();
  readonly #proxy: IngressProxy;
  readonly #wispSockets: WebSocketServer;
  readonly #ingressSockets: WebSocketServer;
  readonly #sweeper: ReturnType<typeof setInterval>;
  #publicUrl = new URL("http://localhost/");
  #stopping = false;

  private constructor(options: RelayOptions) {
    const { limits } = options;
    this.#options = options;
    this.#accounts = new Accounts(limits);
    this.#budget = new Budget(limits.relayBytes);
    const resolve = options.resolve ?? makeResolver(limits.resolveMs, options.nameServers);
    const servers = options.nameServers.map(parseNameServer);
    this.#egress = {
      limits,
      dialer: new Dialer(new Policy(options.rules), resolve, limits),
      nameServers: () => (servers.length > 0 ? servers : getServers().map(parseNameServer)),
      budget: this.#budget,
      metrics: this.#metrics,
      motd: options.motd,
    };
    this.#proxy = new IngressProxy(this.#names, limits, this.#metrics);
    const sockets = { noServer: true, perMessageDeflate: false, clientTracking: false };
    this.#wispSockets = new WebSocketServer({
      ...sockets,
      maxPayload: limits.messageBytes,
      handleProtocols: (protocols) => chooseWispProtocol(protocols) ?? false,
    });
    this.#ingressSockets = new WebSocketServer({
      ...sockets,
      maxPayload: INGRESS_MESSAGE_BYTES,
      handleProtocols: () => INGRESS_PROTOCOL,
    });
    this.#server = this.#makeServer();
    this.#sweeper = setInterval(() => this.#sweep(), limits.sweepMs);
    this.#declareGauges();
  }

  /**
   * Starts a relay.
   *
   * @throws TabnixError "unreachable" when it cannot listen
   */
  static async start(options: RelayOptions): Promise<Relay> {
    const relay = new Relay(options);
    const server = relay.#server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error) => {
        clearInterval(relay.#sweeper);
        reject(
          new TabnixError(
            "unreachable",
            `The relay cannot listen on ${options.host} port ${options.port}: ${error.message}.`,
            "Choose another one: --port 8091",
          ),
        );
      });
      server.listen(options.port, options.host, resolve);
    });
    relay.#publicUrl = options.publicUrl ?? new URL(`http://localhost:${relay.port}/`);
    return relay;
  }

  /** The port that it listens on. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** Where WISP clients connect, seen from this computer. */
  get wispUrl(): string {
    return this.#localUrl(WISP_PATH);
  }

  /** Where tabs connect that serve a name, seen from this computer. */
  get ingressUrl(): string {
    return this.#localUrl(INGRESS_PATH);
  }

  /** The counts, for tests and the page `/metrics`. */
  get metrics() {
    return this.#metrics.all;
  }

  /**
   * Stops: nothing new is taken, what goes on may finish.
   *
   * @param deadlineMs after which it is cut off
   * @returns whether everything has finished by itself
   */
  async stop(deadlineMs = this.#options.limits.stopMs): Promise<boolean> {
    this.#stopping = true;
    clearInterval(this.#sweeper);
    let clean = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const timer = setTimeout(() => {
      clean = false;
      this.terminate();
    }, deadlineMs);
    for (const session of this.#sessions) session.stop();
    for (const tunnel of this.#names.values()) tunnel.stop();
    await closed;
    clearTimeout(timer);
    return clean;
  }

  /** Cuts everything off. */
  terminate(): void {
    for (const session of this.#sessions) session.terminate();
    for (const tunnel of this.#names.values()) tunnel.terminate();
    this.#server.closeAllConnections();
  }

  #localUrl(path: string): string {
    const { host } = this.#options;
    const named = ["0.0.0.0", "::"].includes(host) ? "localhost" : host;
    return `ws://${named.includes(":") ? `[${named}]` : named}:${this.port}${path}`;
  }

  #makeServer(): Server {
    const { limits } = this.#options;
    const server = createServer({
      maxHeaderSize: REQUEST_HEAD_BYTES,
      headersTimeout: limits.handshakeMs,
      connectionsCheckingInterval: limits.handshakeMs,
      // Uploads to a guest take as long as they take.
      requestTimeout: 0,
      insecureHTTPParser: false,
    });
    server.maxConnections = limits.publicConnections;
    server.timeout = limits.tcpIdleMs;
    server.on("request", (request, response) => this.#request(request, response));
    server.on("checkContinue", (request, response) => this.#request(request, response));
    server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    return server;
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    const client = readClient(request, this.#options.proxies);
    const name = this.#nameOf(request);
    // Who keeps a connection open would keep a stopping relay from its end.
    if (this.#stopping) response.shouldKeepAlive = false;
    if (name !== undefined) {
      this.#proxy.request(name, request, response, client);
      return;
    }
    const path = (request.url ?? "").replace(/\?.*$/, "");
    if (path === "/healthz") answer(response, this.#stopping ? 503 : 200, "ok");
    else if (path === "/metrics" && (client.local || this.#options.publicMetrics)) {
      response.setHeader("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
      answer(response, 200, this.#metrics.all.text());
    } else answer(response, 404, "This is a relay of Tabnix. There is nothing to see here.");
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => socket.destroy());
    const client = readClient(request, this.#options.proxies);
    const name = this.#nameOf(request);
    if ("setTimeout" in socket && typeof socket.setTimeout === "function") socket.setTimeout(0);
    if (name !== undefined) {
      this.#proxy.upgrade(name, request, socket, head, client);
      return;
    }
    try {
      this.#accept(request, socket, head, client);
    } catch (error) {
      if (!(error instanceof Denied)) throw error;
      this.#metrics.upgrades(1, { result: String(error.status) });
      this.#options.log("info", "refused", {
        client: client.address,
        status: error.status,
        why: error.message,
      });
      refuseUpgrade(socket, error.status, error.message);
    }
  }

  #accept(request: IncomingMessage, socket: Duplex, head: Buffer, client: Client): void {
    const target = request.url ?? "";
    const url = URL.canParse(target, "http://relay") ? new URL(target, "http://relay") : undefined;
    const wisp = url?.pathname === WISP_PATH;
    if (!url || (!wisp && url.pathname !== INGRESS_PATH)) {
      throw new Denied(404, `WebSockets are at ${WISP_PATH} and ${INGRESS_PATH}.`);
    }
    if (this.#stopping) throw new Denied(503, "The relay is about to stop.");
    const access = admit(request, this.#options, Date.now());
    const name = wisp ? undefined : chooseName(url.searchParams.get("name"), access);
    checkUse(request, wisp, access, name);
    const account = this.#accounts.open(access.subject, client.address);
    if (typeof account === "string") throw new Denied(429, account);
    // A request that is no WebSocket's is answered by the library, and its socket closed.
    socket.once("close", () => account.close());
    const sockets = wisp ? this.#wispSockets : this.#ingressSockets;
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      // Whatever a client sends that is no WebSocket's: "close" follows.
      webSocket.on("error", () => {});
      this.#metrics.upgrades(1, { result: "accepted" });
      this.#options.log("info", "connected", {
        client: client.address,
        subject: access.subject,
        use: name ?? "egress",
      });
      if (name === undefined) this.#openSession(webSocket, account);
      else this.#openTunnel(webSocket, account, access, name);
    });
  }

  #openSession(webSocket: WebSocket, account: Account): void {
    const version = webSocket.protocol === "" ? 1 : 2;
    const session = new EgressSession(webSocket, version, this.#egress, account, this.#options.log);
    this.#sessions.add(session);
    webSocket.on("close", () => this.#sessions.delete(session));
  }

  #openTunnel(webSocket: WebSocket, account: Account, access: Access, name: string): void {
    const { limits, log } = this.#options;
    if (this.#names.isTaken(name, access.subject)) {
      // Not an answer of HTTP: pages are not told those, and would try for ever.
      webSocket.close(INGRESS_CLOSE.taken, "somebody else has this name");
      return;
    }
    const url = new URL(this.#publicUrl);
    url.hostname = `${name}.${url.hostname}`;
    const tunnel = new Tunnel(webSocket, {
      name,
      address: url.href,
      subject: access.subject,
      account,
      limits,
      metrics: this.#metrics,
      log,
    });
    this.#names.claim(name, tunnel);
    tunnel.greet();
    webSocket.on("close", () => this.#names.release(name, tunnel));
  }

  /** The name that a request is for: the label before the relay's own host. */
  #nameOf(request: IncomingMessage): string | undefined {
    const host = (request.headers.host ?? "").toLowerCase().replace(/:\d*$/, "").replace(/\.$/, "");
    const domain = `.${this.#publicUrl.hostname}`;
    return host.endsWith(domain) ? host.slice(0, -domain.length) : undefined;
  }

  #sweep(): void {
    for (const session of [...this.#sessions]) session.sweep();
    for (const tunnel of [...this.#names.values()]) tunnel.sweep();
  }

  #declareGauges(): void {
    const { all } = this.#metrics;
    const sum = (amount: (part: EgressSession | Tunnel) => number) => () =>
      [...this.#sessions, ...this.#names.values()].reduce((total, part) => total + amount(part), 0);
    all.gauge("connections", "WebSockets that are open.", () => this.#accounts.connections);
    all.gauge(
      "streams",
      "Streams that are open.",
      sum((part) => part.streams),
    );
    all.gauge(
      "buffered_bytes",
      "Bytes in memory that somebody has not taken.",
      sum((part) => part.buffered),
    );
    all.gauge("names", "Names that tabs serve.", () => this.#names.size);
    all.gauge("memory_bytes", "Memory of the process.", () => process.memoryUsage().rss);
  }
}

/** @throws Denied when a token, or a client, is for something else */
function checkUse(
  request: IncomingMessage,
  wisp: boolean,
  access: Access,
  name: string | undefined,
): void {
  if (wisp) {
    if (!access.scope.includes("egress")) throw new Denied(403, "The token is not for egress.");
    const protocols = offered(request);
    if (protocols.length > 0 && chooseWispProtocol(protocols) === undefined) {
      throw new Denied(400, "Offer the subprotocol wisp-v2 beside the token.");
    }
    return;
  }
  if (!offered(request).includes(INGRESS_PROTOCOL)) {
    throw new Denied(400, `Offer the subprotocol ${INGRESS_PROTOCOL}.`);
  }
  if (name === undefined) throw new Denied(403, "The token is not for this name.");
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  if (!response.hasHeader("Content-Type")) {
    response.setHeader("Content-Type", "text/plain; charset=utf-8");
  }
  response.end(`${text.trimEnd()}\n`);
}
