/** The built site on a plain static host: below a path, without a header that it could do without. */
import { once } from "node:events";
import { createReadStream, statSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { pipeline } from "node:stream";
import { fileURLToPath } from "node:url";

const DIST = fileURLToPath(new URL("../../../dist", import.meta.url));
const PREFIX = "/a/b/";
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

export class StaticHost {
  /** Paths that were asked for, relative to the site. */
  readonly requests: string[] = [];
  /** What is served now; the images are always those of the build. */
  folder = DIST;
  /** Sent with everything. */
  headers: Readonly<Record<string, string>> = {};
  #server: Server | undefined;
  #port = 0;

  static async start(): Promise<StaticHost> {
    const host = new StaticHost();
    await host.start();
    return host;
  }

  /** The site's address, the same whenever it is started. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}${PREFIX}`;
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => this.#answer(request.url ?? "", response));
    server.listen(this.#port, "127.0.0.1");
    await once(server, "listening");
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  /** From now on nobody answers. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (!server?.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  }

  #answer(url: string, response: ServerResponse): void {
    const { pathname } = new URL(url, this.url);
    const path = normalize(decodeURI(pathname.slice(PREFIX.length))) || "index.html";
    const name = path === "." ? "index.html" : path;
    if (!pathname.startsWith(PREFIX) || name.startsWith("..")) {
      response.writeHead(404).end();
      return;
    }
    this.requests.push(name);
    const file = join(name.startsWith("images/") ? DIST : this.folder, name);
    const isFile = statSync(file, { throwIfNoEntry: false })?.isFile() === true;
    const found = isFile ? file : join(this.folder, "404.html");
    const type = TYPES[extname(found)] ?? "application/octet-stream";
    response.writeHead(isFile ? 200 : 404, { ...this.headers, "content-type": type });
    // A folder may be gone while a page of it still asks: the connection is broken off.
    pipeline(createReadStream(found), response, () => {});
  }
}
