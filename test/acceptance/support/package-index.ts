/** An index of Python packages (PEP 503) with one package in it, on the loopback. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { crc32 } from "node:zlib";

const NAME = "greeting";
const VERSION = "1.2.3";
const WHEEL = `${NAME}-${VERSION}-py3-none-any.whl`;

/** Serves the package `greeting`, whose `hello(name)` returns a text. */
export async function servePackages(): Promise<{ server: Server; port: number }> {
  const wheel = makeWheel();
  const pages: Record<string, string | Buffer> = {
    [`/simple/${NAME}/`]: `<!doctype html><a href="../../${WHEEL}">${WHEEL}</a>`,
    [`/${WHEEL}`]: wheel,
  };
  const server = createServer(({ url = "" }, response) => {
    const page = pages[url];
    const type = typeof page === "string" ? "text/html" : "application/octet-stream";
    response.writeHead(page ? 200 : 404, { "content-type": type }).end(page);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, port: (server.address() as AddressInfo).port };
}

/** A package in the binary format (PEP 427). */
function makeWheel(): Buffer {
  const info = `${NAME}-${VERSION}.dist-info`;
  const files = {
    [`${NAME}/__init__.py`]: "def hello(name):\n    return f'Hello, {name}!'\n",
    [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${NAME}\nVersion: ${VERSION}\n`,
    [`${info}/WHEEL`]: "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
  };
  const record = [...Object.keys(files), `${info}/RECORD`].map((path) => `${path},,\n`).join("");
  return makeZip({ ...files, [`${info}/RECORD`]: record });
}

/** A ZIP archive whose files are not compressed (PKWARE's APPNOTE, 4.3). */
function makeZip(files: Readonly<Record<string, string>>): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [path, text] of Object.entries(files)) {
    const [name, content] = [Buffer.from(path), Buffer.from(text)];
    // Version needed, flags, method, time, date, CRC, both sizes, length of the name and of extra fields.
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt32LE(crc32(content), 10);
    fields.writeUInt32LE(content.length, 14);
    fields.writeUInt32LE(content.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), fields, name, content]);
    // Made by version 2.0; no comment, disk 0, no attributes; where the file lies.
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.from("PK\x01\x02\x14\x00"), fields, rest, name);
    parts.push(local);
    offset += local.length;
  }
  const entries = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  const count = Object.keys(files).length;
  end.writeUInt16LE(count, 4);
  end.writeUInt16LE(count, 6);
  end.writeUInt32LE(entries.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, entries, Buffer.from("PK\x05\x06"), end]);
}
