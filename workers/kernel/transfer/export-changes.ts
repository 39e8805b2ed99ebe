/** Writes a machine's changes, and its image if that is wanted, as one file, in pieces: see docs/export.md. */
import { sha256 } from "@noble/hashes/sha2.js";
import { ByteWriter } from "../../shared/bytes.ts";
import { EXPORT_FRAME_BYTES, EXPORT_RECORD_BYTES } from "../../shared/limits.ts";
import { writeTree } from "../disk/tree-records.ts";
import type { FileSystem } from "../filesystem/filesystem.ts";
import type { Inode } from "../filesystem/inode.ts";
import type { Extent, FrozenContents } from "../filesystem/overlay.ts";
import type { ExportedImage } from "./export-image.ts";
import { tooLarge } from "./failures.ts";
import type { ExportHeader } from "./format.ts";
import { FRAME, FRAME_LENGTH_BYTES, writeHead } from "./format.ts";
import { gzip } from "./gzip.ts";

/** The image that changes belong to. */
export type ImageIdentity = Pick<ExportHeader, "image" | "release" | "date" | "base">;

export interface ExportOptions {
  image: ImageIdentity;
  /** The present, in milliseconds since 1970. */
  made: number;
  /** Makes it the whole machine. */
  whole?: ExportedImage | undefined;
  signal?: AbortSignal | undefined;
  /** Bytes: of the image as they are stored, of the rest before they are packed. */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

/** A stretch of a file's content. */
interface Stretch extends Extent {
  number: number;
}

/** Room in a frame for what stands before a content: three numbers of at most eight bytes, and a type. */
const CONTENT_HEAD_BYTES = 32;

/**
 * The file's bytes: the tree as it is at the call, whatever is done to it before the last piece is asked for.
 * Files that have no name, because a program holds them open, are left out.
 *
 * @throws TabnixError `unsupported` when it is too much for one file; what the image's store throws; the
 *   signal's reason
 */
export function exportChanges(
  fs: FileSystem,
  options: ExportOptions,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const writer = new ByteWriter();
  writeTree(writer, fs, (inode) => !inode.isOrphan);
  if (writer.length > EXPORT_RECORD_BYTES) throw tooLarge();
  const inodes = [...fs.changedInodes()].filter((inode) => !inode.isOrphan);
  const contents = fs.overlay.freeze();
  const stretches = inodes.flatMap((inode) => [...stretchesOf(inode, contents)]);
  return piecesOf(writer.toBytes(), inodes.length, stretches, contents, options);
}

async function* piecesOf(
  records: Uint8Array<ArrayBuffer>,
  inodes: number,
  stretches: Stretch[],
  contents: FrozenContents,
  { image, made, whole, signal, onProgress }: ExportOptions,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  try {
    const hash = sha256.create();
    const bytes = stretches.reduce((sum, { length }) => sum + length, 0);
    const total = records.length + bytes + (whole?.sizes.objectBytes ?? 0);
    let done = 0;
    const header = { ...image, made, inodes, recordBytes: records.length, bytes };
    const head = writeHead({ ...header, ...(whole ? { whole: whole.sizes } : {}) });
    hash.update(head);
    yield head;
    if (whole) {
      hash.update(whole.manifest);
      yield whole.manifest;
      for await (const frame of whole.frames(signal)) {
        hash.update(frame);
        yield frame;
        done += frame.length;
        onProgress?.(done, total);
      }
    }
    for (const payload of payloadsOf(records, stretches, contents)) {
      signal?.throwIfAborted();
      const frame = frameOf(await gzip(payload));
      hash.update(frame);
      yield frame;
      done = Math.min(total, done + payload.length);
      onProgress?.(done, total);
    }
    const end = new Uint8Array(FRAME_LENGTH_BYTES);
    hash.update(end);
    yield end;
    yield new Uint8Array(hash.digest());
  } finally {
    contents.release();
  }
}

function* payloadsOf(
  records: Uint8Array,
  stretches: Stretch[],
  contents: FrozenContents,
): Iterable<Uint8Array<ArrayBuffer>> {
  const writer = new ByteWriter(EXPORT_FRAME_BYTES);
  for (let at = 0; at < records.length; at += EXPORT_FRAME_BYTES - 1) {
    writer.reset();
    writer.u8(FRAME.records);
    writer.append(records.subarray(at, at + EXPORT_FRAME_BYTES - 1));
    yield writer.toBytes();
  }
  writer.reset();
  for (const { number, offset, length } of stretches) {
    for (let at = 0; at < length; ) {
      if (writer.length + CONTENT_HEAD_BYTES >= EXPORT_FRAME_BYTES) {
        yield writer.toBytes();
        writer.reset();
      }
      if (writer.length === 0) writer.u8(FRAME.contents);
      const room = EXPORT_FRAME_BYTES - writer.length - CONTENT_HEAD_BYTES;
      const bytes = new Uint8Array(Math.min(length - at, room));
      contents.read(number, offset + at, bytes);
      writer.varint(number);
      writer.varint(offset + at);
      writer.varint(bytes.length);
      writer.append(bytes);
      at += bytes.length;
    }
  }
  if (writer.length > 0) yield writer.toBytes();
}

function* stretchesOf(
  { number, size, isFile, base }: Inode,
  contents: FrozenContents,
): Iterable<Stretch> {
  if (!isFile || base) return;
  for (const { offset, length } of contents.extents(number)) {
    if (offset < size) yield { number, offset, length: Math.min(length, size - offset) };
  }
}

function frameOf(packed: Uint8Array): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(FRAME_LENGTH_BYTES + packed.length);
  writer.u32(packed.length);
  writer.append(packed);
  return writer.toBytes();
}
