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
const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
};

export class BenchServer {
  /** Body bytes sent, compressed as sent. */
  sentBytes = 0;
  private readonly root: string;
  private readonly peer: PeerTree;
  private readonly server: Server;
  /** Compressing is the host's work, done once, and not what is measured. */
  private readonly compressed = new Map<string, Uint8Array>();

  constructor(root: string, peer: PeerTree) {
    this.root = root;
    this.peer = peer;
    this.server = createServer((request, response) => {
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
        resolve(`http://127.0.0.1:${port}/`);
      });
    });
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async answer(path: string, response: ServerResponse): Promise<void> {
    if (path.startsWith("/peer/")) {
      const bytes = await this.peer.read(path.slice("/peer/".length));
      this.send(response, bytes, "application/octet-stream", false);
      return;
    }
    const file = normalize(path.endsWith("/") ? `${path}index.html` : path);
    const type = TYPES[extname(file)];
    const known = this.compressed.get(file);
    if (known) return this.send(response, known, type ?? "", true);
    const bytes = await readFile(join(this.root, file));
    if (!type) return this.send(response, bytes, "application/octet-stream", false);
    const compressed = gzipSync(bytes);
    this.compressed.set(file, compressed);
    this.send(response, compressed, type, true);
  }

  private send(response: ServerResponse, bytes: Uint8Array, type: string, packed: boolean): void {
    this.sentBytes += bytes.length;
    response.writeHead(200, {
      ...ISOLATION,
      "Content-Type": type,
      "Content-Length": bytes.length,
      "Cache-Control": "no-cache",
      ...(packed ? { "Content-Encoding": "gzip" } : {}),
    });
    response.end(bytes);
  }
}
