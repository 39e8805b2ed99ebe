/** Archives inside Debian packages: ar(5) outside, a compressed tar inside. */
import { createRequire } from "node:module";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { Decompress } from "fzstd";
import { extract } from "tar-stream";
import { copyOf } from "../../../workers/shared/bytes.ts";
import { TabnixError } from "../../../workers/shared/errors.ts";

/** A CommonJS bundle whose exports Node cannot see by name. */
const { XzReadableStream } = createRequire(import.meta.url)(
  "xz-decompress",
) as typeof import("xz-decompress");

/** One member of a tar archive. */
export interface TarEntry {
  /** Absolute, normalised path: "/usr/bin/env", "/" for the top. */
  path: string;
  type: "file" | "directory" | "symlink" | "link" | "character-device" | "block-device" | "fifo";
  /** The permission bits, with set-user-id, set-group-id and sticky. */
  mode: number;
  uid: number;
  gid: number;
  /** Seconds since 1970. */
  mtime: number;
  /** A symbolic link's target as written, or a hard link's as a normalised path. */
  target: string;
  /** A file's contents; empty for everything else. */
  bytes: Uint8Array;
}

const AR_MAGIC = "!<arch>\n";
const AR_HEADER_BYTES = 60;
const PERMISSION_BITS = 0o7777;
/** Longer paths than Linux can open are an attack, not a package. */
const MAX_PATH_BYTES = 4096;

/**
 * The members of an ar archive, by name.
 *
 * @throws TabnixError `malformed`
 */
export function readAr(bytes: Uint8Array, where: string): Map<string, Uint8Array> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.toString("latin1", 0, AR_MAGIC.length) !== AR_MAGIC) {
    throw malformed(where, "is not an ar archive");
  }
  const members = new Map<string, Uint8Array>();
  let offset = AR_MAGIC.length;
  while (offset < buffer.length) {
    const header = buffer.toString("latin1", offset, offset + AR_HEADER_BYTES);
    const size = /^[0-9]{1,10} *$/.exec(header.slice(48, 58));
    if (size === null || header.slice(58) !== "`\n") throw malformed(where, "has a bad ar header");
    const start = offset + AR_HEADER_BYTES;
    const end = start + Number(size[0]);
    if (end > buffer.length) throw malformed(where, "is cut short");
    members.set(header.slice(0, 16).trim().replace(/\/$/, ""), bytes.subarray(start, end));
    offset = end + (end % 2);
  }
  return members;
}

/**
 * The uncompressed bytes of a file, in pieces; the end of its name says how it is compressed: `.xz`,
 * `.gz`, `.zst`, or anything else for not at all.
 */
export function decompress(bytes: Uint8Array, name: string): AsyncIterable<Uint8Array> {
  if (name.endsWith(".xz")) return unpackXz(bytes);
  if (name.endsWith(".gz")) return Readable.from([bytes]).pipe(createGunzip());
  if (name.endsWith(".zst")) return unpackZstandard(bytes);
  return Readable.from([bytes]);
}

async function* unpackXz(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  const source = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
  const reader = new XzReadableStream(source).getReader();
  let next = await reader.read();
  try {
    for (; !next.done; next = await reader.read()) {
      // The library hands out views of its own memory, which the next read overwrites.
      yield copyOf(next.value);
    }
  } finally {
    // The library unpacks one stream at a time: one that is left open would block all others.
    while (!next.done) next = await reader.read();
  }
}

const ZSTANDARD_PIECE_BYTES = 1 << 16;

function* zstandardPieces(bytes: Uint8Array): Generator<Uint8Array> {
  const ready: Uint8Array[] = [];
  const stream = new Decompress((piece) => ready.push(copyOf(piece)));
  for (let offset = 0; offset < bytes.length; offset += ZSTANDARD_PIECE_BYTES) {
    const end = offset + ZSTANDARD_PIECE_BYTES;
    stream.push(bytes.subarray(offset, end), end >= bytes.length);
    yield* ready.splice(0);
  }
}

async function* unpackZstandard(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield* zstandardPieces(bytes);
}

/**
 * The entries of a tar archive, in order. Every path is checked: nothing can leave the root.
 *
 * @param where what to call the archive in messages
 * @throws TabnixError `malformed` if the archive is damaged or an entry's path is hostile
 */
export async function* readTar(
  pieces: AsyncIterable<Uint8Array>,
  where: string,
): AsyncGenerator<TarEntry> {
  const archive = extract();
  const source = Readable.from(pieces, { objectMode: false });
  source.on("error", (error) => archive.destroy(error));
  source.pipe(archive);
  // Not `for await`: leaving it early would wait for an end that never comes.
  const entries = archive[Symbol.asyncIterator]();
  try {
    for (let next = await entries.next(); !next.done; next = await entries.next()) {
      const entry = next.value;
      const { header } = entry;
      const parts: Uint8Array[] = [];
      for await (const part of entry as AsyncIterable<Uint8Array>) parts.push(part);
      const type = header.type === "contiguous-file" ? "file" : header.type;
      if (!isEntryType(type)) throw malformed(where, `has an entry of type ${type}`);
      const target = header.linkname ?? "";
      yield {
        path: safePath(header.name, where),
        type,
        mode: (header.mode ?? 0) & PERMISSION_BITS,
        uid: header.uid ?? 0,
        gid: header.gid ?? 0,
        mtime: Math.floor((header.mtime?.getTime() ?? 0) / 1000),
        target: type === "link" ? safePath(target, where) : target,
        bytes: Buffer.concat(parts),
      };
    }
  } catch (error) {
    if (error instanceof TabnixError) throw error;
    throw malformed(where, "is damaged", error);
  } finally {
    source.destroy();
    archive.destroy();
  }
}

const ENTRY_TYPES: ReadonlySet<unknown> = new Set<TarEntry["type"]>([
  "file",
  "directory",
  "symlink",
  "link",
  "character-device",
  "block-device",
  "fifo",
]);

function isEntryType(type: unknown): type is TarEntry["type"] {
  return ENTRY_TYPES.has(type);
}

/** Debian writes `./usr/bin/env`. An absolute path, `..` or a NUL byte has no business in a package. */
function safePath(name: string, where: string): string {
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  const hostile = name.startsWith("/") || parts.includes("..") || name.includes("\0");
  if (hostile || Buffer.byteLength(name) > MAX_PATH_BYTES) {
    throw malformed(
      where,
      `has an entry with the unsafe path ${JSON.stringify(name.slice(0, 200))}`,
    );
  }
  return `/${parts.join("/")}`;
}

function malformed(where: string, what: string, cause?: unknown): TabnixError {
  return new TabnixError("malformed", `${where} ${what}.`, "", cause);
}
