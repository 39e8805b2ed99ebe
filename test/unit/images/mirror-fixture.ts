/** A small Debian mirror on this machine: signed, indexed, with packages made on the spot. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { createCleartextMessage, generateKey, type PrivateKey, sign } from "openpgp";
import { type Header, pack } from "tar-stream";

/** A file, folder or link in a package. */
export interface Member extends Partial<Header> {
  name: string;
  content?: string | Buffer;
}

/** The bytes of a tar archive. */
export async function tarOf(members: readonly Member[]): Promise<Uint8Array> {
  const archive = pack();
  for (const { content, ...header } of members) {
    archive.entry({ mtime: new Date(1_700_000_000_000), mode: 0o644, ...header }, content ?? "");
  }
  archive.finalize();
  const parts: Uint8Array[] = [];
  for await (const part of archive as AsyncIterable<Uint8Array>) parts.push(part);
  return Buffer.concat(parts);
}

/** The bytes of an ar archive. */
export function arOf(members: Record<string, Uint8Array>): Uint8Array {
  const parts = Object.entries(members).flatMap(([name, bytes]) => [
    Buffer.from(
      `${name.padEnd(16)}${"0".padEnd(12)}${"0".padEnd(6)}${"0".padEnd(6)}${"100644".padEnd(8)}${String(bytes.length).padEnd(10)}\`\n`,
    ),
    bytes,
    Buffer.alloc(bytes.length % 2, "\n"),
  ]);
  return Buffer.concat([Buffer.from("!<arch>\n"), ...parts]);
}

/** The bytes of a package. `control` is the control file; other files of the control archive follow. */
export async function debOf(
  control: string,
  data: readonly Member[],
  scripts: Record<string, string> = {},
): Promise<Uint8Array> {
  const controlMembers = Object.entries({ control, ...scripts }).map(([name, content]) => ({
    name: `./${name}`,
    content,
    mode: /inst|rm/.test(name) ? 0o755 : 0o644,
  }));
  return arOf({
    "debian-binary": Buffer.from("2.0\n"),
    "control.tar.gz": gzipSync(await tarOf(controlMembers)),
    "data.tar.gz": gzipSync(await tarOf(data)),
  });
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export async function newKey(): Promise<PrivateKey> {
  const { privateKey } = await generateKey({
    format: "object",
    userIDs: [{ name: "A test archive" }],
  });
  return privateKey;
}

export async function clearsign(text: string, key: PrivateKey): Promise<string> {
  return await sign({ message: await createCleartextMessage({ text }), signingKeys: key });
}

/** Fields of the Release file that a test may change. */
export interface ReleaseFields {
  Suite?: string;
  Codename?: string;
  Version?: string;
  Date?: string;
  "Valid-Until"?: string;
}

/** A server with the mirror's files by path; tests may change them. */
export class Mirror {
  readonly files = new Map<string, Uint8Array>();
  /** Every path that was asked for, in order. */
  readonly requests: string[] = [];
  readonly key: PrivateKey;
  /** Its base address, without a slash at its end. */
  address = "";
  readonly #server: Server;

  private constructor(key: PrivateKey) {
    this.key = key;
    this.#server = createServer((request, response) => {
      const path = decodeURIComponent(request.url ?? "").slice(1);
      this.requests.push(path);
      const bytes = this.files.get(path);
      response.statusCode = bytes ? 200 : 404;
      response.end(bytes);
    });
  }

  /** A mirror with these packages, each a control file and its contents, and the keyring. */
  static async start(packages: readonly { control: string; data: Member[] }[]): Promise<Mirror> {
    const mirror = new Mirror(await newKey());
    const keyring = Buffer.from(mirror.key.toPublic().write());
    await mirror.publish([
      ...packages,
      {
        control: "Package: debian-archive-keyring\nVersion: 1\nArchitecture: all\n",
        data: [
          {
            name: "./usr/share/keyrings/debian-archive-keyring.pgp",
            content: keyring,
          },
        ],
      },
    ]);
    mirror.#server.listen(0, "127.0.0.1");
    await once(mirror.#server, "listening");
    const { port } = mirror.#server.address() as AddressInfo;
    mirror.address = `http://127.0.0.1:${port}`;
    return mirror;
  }

  get pinned(): Map<string, string> {
    return new Map([[this.key.getFingerprint(), "A test archive"]]);
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }

  /** Puts packages, their index and a signed Release file into the mirror. */
  async publish(packages: readonly { control: string; data: Member[] }[]): Promise<void> {
    let index = "";
    for (const { control, data } of packages) {
      const name = /^Package: (.*)$/m.exec(control)?.[1];
      const deb = await debOf(control, data);
      const path = `pool/${name}.deb`;
      this.files.set(path, deb);
      index += `${control}Filename: ${path}\nSize: ${deb.length}\nSHA256: ${sha256(deb)}\n\n`;
    }
    this.files.set("dists/trixie/main/binary-i386/Packages.gz", gzipSync(index));
    await this.signRelease();
  }

  /** Writes InRelease anew. */
  async signRelease(fields: ReleaseFields = {}, key = this.key): Promise<void> {
    const index = this.files.get("dists/trixie/main/binary-i386/Packages.gz") ?? Buffer.alloc(0);
    const all = {
      Suite: "stable",
      Codename: "trixie",
      Version: "13.7",
      Date: "Sat, 12 Sep 2020 07:55:41 UTC",
      ...fields,
    };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
    const sum = ` ${sha256(index)} ${index.length} main/binary-i386/Packages.gz`;
    const text = [...lines, "SHA256:", sum, ""].join("\n");
    this.files.set("dists/trixie/InRelease", Buffer.from(await clearsign(text, key)));
  }
}
