/** What is outside of the guest: a web server, and a relay that leads to it, both on this computer's loopback. */
import { createServer, type Server } from "node:http";
import type { AddressInfo, Server as TcpServer } from "node:net";
import { DEFAULT_LIMITS } from "../../../relay/limits.ts";
import { Relay } from "../../../relay/relay.ts";
import { loopbackRelay } from "../../loopback-relay.ts";

export const LOOPBACK = "127.0.0.1";
export const MEGABYTE = 1_000_000;
/** What a guest loads and sends at once. */
export const TRANSFER_MB = 10;
/** Where guests find the web server: they take the loopback for their own. */
const OUTSIDE = "10.0.0.1:80";

/** A web server and a relay that reaches it, on this computer. */
export class Outside {
  readonly relay: Relay;
  /** As the guest asks for it. */
  readonly url: string;
  readonly #server: Server;

  private constructor(relay: Relay, server: Server, url: string) {
    this.relay = relay;
    this.#server = server;
    this.url = url;
  }

  static async open(): Promise<Outside> {
    const content = Buffer.alloc(TRANSFER_MB * MEGABYTE, "tabnix");
    const server = createServer((request, response) => {
      request.resume();
      request.on("end", () => response.end(request.url === "/large" ? content : "small"));
    });
    const port = await listen(server);
    const relay = await Relay.start({
      ...loopbackRelay({ allow: [LOOPBACK], forward: [`${OUTSIDE}=${LOOPBACK}:${port}`] }),
      // What is measured is the relay, not what it allows a stranger.
      limits: { ...DEFAULT_LIMITS, bytesPerSecond: Number.MAX_SAFE_INTEGER },
    });
    return new Outside(relay, server, `http://${OUTSIDE}`);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    this.relay.terminate();
    await this.relay.stop(0);
  }
}

/** Lets a server listen on loopback; its port. */
export async function listen(server: Server | TcpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
  return (server.address() as AddressInfo).port;
}
