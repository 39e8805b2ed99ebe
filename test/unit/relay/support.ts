/** Relays, servers and clients for tests, on loopback; each is closed when its test is over. */
import { once } from "node:events";
import type { Server as HttpServer } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import type { Resolve } from "../../../relay/egress/resolver.ts";
import { DEFAULT_LIMITS, type RelayLimits } from "../../../relay/limits.ts";
import type { RelayOptions } from "../../../relay/options.ts";
import { Relay } from "../../../relay/relay.ts";
import {
  WispClient,
  type WispClientOptions,
} from "../../../workers/kernel/network/relay/wisp-client.ts";
import type { ByteStream } from "../../../workers/shared/byte-stream.ts";
import type { WebSocketFactory } from "../../../workers/shared/mux/web-socket.ts";
import { loopbackRelay } from "../../loopback-relay.ts";

/** WebSockets of Node's library, which fit the browser's interface. */
export const socket: WebSocketFactory = (url, protocols) => new WebSocket(url, protocols);

/** Looks at a count, 5 ms apart, that find it the same. */
const QUIET_LOOKS = 50;

/** The resolver of relays in tests: names are what the test says, and nothing else exists. */
export function names(table: Record<string, string[]>): Resolve {
  return async (name) => table[name] ?? [];
}

/** Starts a relay on a port of its own. `allow` and `forward` are as on the command line. */
export async function startRelay(
  options: Partial<Omit<RelayOptions, "limits">> & {
    allow?: string[];
    forward?: string[];
    limits?: Partial<RelayLimits>;
  } = {},
): Promise<Relay> {
  const { allow = [], forward = [], limits = {}, ...rest } = options;
  const relay = await Relay.start({
    ...loopbackRelay({ allow, forward }),
    resolve: names({}),
    ...rest,
    limits: { ...DEFAULT_LIMITS, ...limits },
  });
  onTestFinished(async () => {
    relay.terminate();
    await relay.stop(0);
  });
  return relay;
}

/** A client of a relay. */
export function startClient(relay: Relay, options: Partial<WispClientOptions> = {}): WispClient {
  const client = new WispClient({ url: relay.wispUrl, socket, ...options });
  onTestFinished(() => client.close());
  return client;
}

/** A TCP server; its port. */
export async function listen(onSocket: (socket: Socket) => void): Promise<number> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (connection) => {
    open.add(connection);
    // Tests break connections on purpose.
    connection.on("error", () => {});
    onSocket(connection);
  });
  onTestFinished(() => {
    for (const connection of open) connection.destroy();
    server.close();
  });
  return await portOf(server);
}

/** Lets a server listen on loopback; its port. */
export async function portOf(server: Server | HttpServer): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** A WebSocket without any client around it. Rejects with the status of a refusal. */
export function openSocket(
  url: string,
  protocols: string[] = [],
  headers: Record<string, string> = {},
): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const webSocket = new WebSocket(url, protocols, { headers });
    onTestFinished(() => webSocket.terminate());
    webSocket.binaryType = "arraybuffer";
    webSocket.on("open", () => resolve(webSocket));
    webSocket.on("error", reject);
    webSocket.on("unexpected-response", (_request, response) => {
      let text = "";
      response.on("data", (piece) => {
        text += piece;
      });
      response.on("end", () => reject(new Refused(response.statusCode ?? 0, text)));
    });
  });
}

/** A WebSocket that was answered with an error of HTTP. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, text: string) {
    super(text);
    this.status = status;
  }
}

/** All that a stream gives until its end. */
export async function readAll(stream: ByteStream): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for (let piece = await stream.read(); piece; piece = await stream.read()) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Waits until a condition holds; the test's own timeout bounds it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Waits until a count has begun and does not change any more. */
export async function settled(read: () => number): Promise<void> {
  let [last, looks] = [0, 0];
  await until(() => {
    const now = read();
    looks = now > 0 && now === last ? looks + 1 : 0;
    last = now;
    return looks === QUIET_LOOKS;
  });
}

/** Bytes that repeat only after a long while, so that a piece in the wrong place shows. */
export function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = 1;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}
