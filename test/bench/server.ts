/**
 * A static server like an ordinary host's: compresses text, and nothing else, and counts what it
 * sends. Serves the built pages, and the tree of an image in the form v86's own 9P filesystem reads.
 */
import { readFile } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import { extname, join, normalize } from "node:path";
import { gzipSync } from "node:zlib";
import type { PeerTree } from "./peer-tree.ts";

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".webmanifest": "application/manifest+json",
};
/** Of a host that isolates the page by itself, and has everything asked for again. */
const ISOLATING = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Cache-Control": "no-cache",
};

export interface BenchServerOptions {
  /** Folder of the built pages. */
  root: string;
  /** The tree for v86's own filesystem, under `peer/`. */
  peer?: PeerTree;
  /** Path of the site, with a slash at both ends. */
  base?: string;
  /** Sent with everything, beside its type and length. */
  headers?: Readonly<Record<string, string>>;
}

export class BenchServer {
  /** Body bytes sent, compressed as sent. */
  sentBytes = 0;
  /** Requests that came. */
  requests = 0;
  private readonly options: Required<Omit<BenchServerOptions, "peer">>;
  private readonly peer: PeerTree | undefined;
  private readonly server: Server;
  /** Compressing is the host's work, done once, and not what is measured. */
  private readonly compressed = new Map<string, Uint8Array>();

  constructor({ root, peer, base = "/", headers = ISOLATING }: BenchServerOptions) {
    this.options = { root, base, headers };
    this.peer = peer;
    this.server = createServer((request, response) => {
      this.requests += 1;
      const path = new URL(request.url ?? "/", "http://host").pathname;
      this.answer(path, response).catch(() => response.writeHead(404).end());
    });
  }

  /** @returns the address, with a trailing slash */
  listen(): Promise<string> {
    return new Promise((resolve) => {
      this.server.listen(0, "127.0.0.1", () => {
        const address = this.server.address();
        const port = typeof address === "object" && address ? address.port : 0;
        resolve(`http://127.0.0.1:${port}${this.options.base}`);
      });
    });
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async answer(address: string, response: ServerResponse): Promise<void> {
    const { root, base } = this.options;
    if (!address.startsWith(base)) throw new Error(`${address} is not below ${base}`);
    const path = address.slice(base.length - 1);
    if (this.peer && path.startsWith("/peer/")) {
      const bytes = await this.peer.read(path.slice("/peer/".length));
      this.send(response, bytes, "application/octet-stream", false);
      return;
    }
    const file = normalize(path.endsWith("/") ? `${path}index.html` : path);
    const type = TYPES[extname(file)];
    const known = this.compressed.get(file);
    if (known) return this.send(response, known, type ?? "", true);
    const bytes = await readFile(join(root, file));
    if (!type) return this.send(response, bytes, "application/octet-stream", false);
    const compressed = gzipSync(bytes);
    this.compressed.set(file, compressed);
    this.send(response, compressed, type, true);
  }

  private send(response: ServerResponse, bytes: Uint8Array, type: string, packed: boolean): void {
    if (response.req.method !== "HEAD") this.sentBytes += bytes.length;
    response.writeHead(200, {
      ...this.options.headers,
      "Content-Type": type,
      "Content-Length": bytes.length,
      ...(packed ? { "Content-Encoding": "gzip" } : {}),
    });
    response.end(bytes);
  }
}
