/** Another host, with pages of somebody who has nothing to do with the site. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export class ThirdParty {
  /** What it serves, by path; HTML unless the path ends with `.js`. */
  readonly pages = new Map<string, string>();
  /** Sent with everything. */
  headers: Readonly<Record<string, string>> = {};
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? "", this.url);
      const body = this.pages.get(pathname);
      const type = pathname.endsWith(".js") ? "text/javascript" : "text/html";
      response.writeHead(body === undefined ? 404 : 200, { ...this.headers, "content-type": type });
      response.end(body);
    });
  }

  static async start(): Promise<ThirdParty> {
    const host = new ThirdParty();
    host.#server.listen(0, "127.0.0.1");
    await once(host.#server, "listening");
    return host;
  }

  /** With another host name than the site's, so of another site to the browser. */
  get url(): string {
    return `http://localhost:${this.#port}/`;
  }

  /** The same pages, of yet another site. */
  get otherUrl(): string {
    return `http://127.0.0.1:${this.#port}/`;
  }

  get #port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }
}
