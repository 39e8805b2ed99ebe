/** Reads a machine's changes from a file (docs/export.md), checking all of it. */
import { ByteReader } from "../../shared/bytes.ts";
import { EXPORT_FRAME_BYTES } from "../../shared/limits.ts";
import type { FileSystem } from "../filesystem/filesystem.ts";
import type { ImageIdentity } from "./export-changes.ts";
import type { ExportFrames } from "./export-frames.ts";
import { restoreRecords } from "./export-records.ts";
import { malformed, otherImage } from "./failures.ts";
import { type ExportHeader, FRAME } from "./format.ts";
import { gunzip } from "./gzip.ts";

/** Takes contents. They are not to be used before {@link importChanges} is done. */
export type WriteContent = (number: number, offset: number, bytes: Uint8Array) => void;

export interface ReadOptions {
  /** A tree of the image in which nothing has changed, to try the records out on. */
  tree: FileSystem;
  write: WriteContent;
}

export interface ImportOptions extends ReadOptions {
  /** The image that is here. */
  image: ImageIdentity;
}

/** Records of a tree, for {@link restoreRecords}. */
export type TreeRecords = Uint8Array<ArrayBuffer>;

/**
 * Reads the changes of the image that is here, which is all that the file has.
 *
 * @param frames of which nothing was read yet
 * @throws TabnixError `wrong-image`; as {@link readChanges}
 */
export function importChanges(
  frames: ExportFrames,
  { image, ...options }: ImportOptions,
): Promise<TreeRecords> {
  if (frames.header.base !== image.base) throw otherImage(frames.header, image);
  return readChanges(frames, options);
}

/**
 * Reads the changes, to the end of the file.
 *
 * @throws TabnixError `incomplete`, `corrupt`, `malformed`, `not-found` (it can no longer be read); the
 *   signal's reason; what `write` throws
 */
export async function readChanges(
  frames: ExportFrames,
  { tree, write }: ReadOptions,
): Promise<TreeRecords> {
  const decoder = new Decoder(frames.header, tree, write);
  // What a damaged file decodes to means nothing: that it is damaged is to be told.
  let failure: { error: unknown } | undefined;
  for await (const frame of frames.frames()) {
    if (failure) continue;
    try {
      decoder.take(await unpack(frame));
    } catch (error) {
      failure = { error };
    }
  }
  if (failure) throw failure.error;
  return decoder.end();
}

async function unpack(frame: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  try {
    return await gunzip(frame, EXPORT_FRAME_BYTES);
  } catch {
    throw malformed("a part cannot be unpacked");
  }
}

class Decoder {
  private readonly header: ExportHeader;
  private readonly tree: FileSystem;
  private readonly write: WriteContent;
  private parts: Uint8Array[] = [];
  private recordBytes = 0;
  private records: Uint8Array<ArrayBuffer> | undefined;
  private contentBytes = 0;
  /** Files whose contents have come. */
  private readonly seen = new Set<number>();
  /** Where the last content ended. */
  private last = { number: 0, end: 0 };

  constructor(header: ExportHeader, tree: FileSystem, write: WriteContent) {
    this.header = header;
    this.tree = tree;
    this.write = write;
  }

  /** Takes what one frame has. */
  take(payload: Uint8Array): void {
    const reader = new FrameReader(payload);
    const type = reader.u8();
    if (type === FRAME.records) this.takeRecords(payload.subarray(1));
    else if (type === FRAME.contents) this.takeContents(reader);
    else reader.fail("a part has no type");
  }

  /** All frames were taken. @returns the records */
  end(): Uint8Array<ArrayBuffer> {
    const records = this.records ?? malformedNow("records are missing");
    if (this.contentBytes !== this.header.bytes) malformedNow("contents are missing");
    return records;
  }

  private takeRecords(part: Uint8Array): void {
    const { header } = this;
    if (this.records) malformedNow("records come twice");
    this.recordBytes += part.length;
    if (this.recordBytes > header.recordBytes) malformedNow("it has more records than it says");
    this.parts.push(part);
    if (this.recordBytes < header.recordBytes) return;
    const records = new Uint8Array(header.recordBytes);
    let at = 0;
    for (const each of this.parts.splice(0)) {
      records.set(each, at);
      at += each.length;
    }
    restoreRecords(this.tree, records);
    if ([...this.tree.changedInodes()].length !== header.inodes) {
      malformedNow("it has another number of inodes than it says");
    }
    this.records = records;
  }

  private takeContents(reader: FrameReader): void {
    if (!this.records) malformedNow("contents come before the records");
    while (reader.remaining > 0) {
      const number = reader.varint();
      const offset = reader.varint();
      const bytes = reader.take(reader.varint());
      this.checkPlace(number, offset, bytes.length);
      this.contentBytes += bytes.length;
      if (this.contentBytes > this.header.bytes) malformedNow("it has more contents than it says");
      this.write(number, offset, bytes);
    }
  }

  /** Contents of a file come in order, and together. */
  private checkPlace(number: number, offset: number, length: number): void {
    const inode = this.tree.inode(number);
    if (!inode?.isFile || inode.base) malformedNow(`inode ${number} can have no content`);
    if (length === 0 || offset + length > inode.size) malformedNow("a content is beyond its file");
    if (number !== this.last.number) {
      if (this.seen.has(number)) malformedNow("contents are out of order");
      this.seen.add(number);
    } else if (offset < this.last.end) {
      malformedNow("contents are out of order");
    }
    this.last = { number, end: offset + length };
  }
}

class FrameReader extends ByteReader {
  override fail(reason: string): never {
    throw malformed(reason);
  }
}

function malformedNow(reason: string): never {
  throw malformed(reason);
}
