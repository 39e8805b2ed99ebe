/** A small npm registry on this machine, and what goes into it. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { tarOf } from "./mirror-fixture.ts";

/** The smallest module. */
export const EMPTY_MODULE = Buffer.from([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);

/** A server with tarballs by path; tests may change them. */
export interface Registry {
  /** Its base address, without a slash at its end. */
  address: string;
  files: Map<string, Uint8Array>;
  /** Every path that was asked for, in order. */
  requests: string[];
  /** Adds a tarball by its path and gives its integrity. */
  publish(path: string, files: Record<string, string | Buffer>): Promise<string>;
  stop(): Promise<void>;
}

export async function startRegistry(): Promise<Registry> {
  const files = new Map<string, Uint8Array>();
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = (request.url ?? "").slice(1);
    requests.push(path);
    const bytes = files.get(path);
    response.statusCode = bytes ? 200 : 404;
    response.end(bytes);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    files,
    requests,
    async publish(path, contents) {
      const members = Object.entries(contents).map(([name, content]) => ({
        name: `package/${name}`,
        content,
      }));
      const tarball = gzipSync(await tarOf(members));
      files.set(path, tarball);
      return integrityOf(tarball);
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/** As npm's lock files have it. */
export function integrityOf(bytes: Uint8Array): string {
  return `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
}

const Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

/** Bytes as Z85, filled up with zeros. */
export function toZ85(bytes: Uint8Array): string {
  const padded = Buffer.alloc(Math.ceil(bytes.length / 4) * 4);
  padded.set(bytes);
  let text = "";
  for (let at = 0; at < padded.length; at += 4) {
    const value = padded.readUInt32BE(at);
    for (const unit of [85 ** 4, 85 ** 3, 85 ** 2, 85, 1]) {
      text += Z85[Math.floor(value / unit) % 85];
    }
  }
  return text;
}
