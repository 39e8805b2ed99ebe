/**
 * The beginning of an exported machine (docs/export.md has the whole format):
 *
 *     magic "TABNIXEX", version (4 bytes), length of the header (4 bytes), header, checksum (8 bytes)
 *
 * The header: name, release and date of the image, SHA-256 of its tree index (32 bytes), when it was made,
 * inodes, bytes of records, bytes of contents; in version 2, which has the image too: bytes of its manifest,
 * objects, bytes of objects. Numbers are LEB128, texts behind their length. The checksum is the beginning of
 * the SHA-256 of what stands before it, so that a version can be believed.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { ByteReader, ByteWriter, hexOf } from "../../shared/bytes.ts";
import {
  EXPORT_HEADER_BYTES,
  EXPORT_RECORD_BYTES,
  IMPORT_MANIFEST_BYTES,
  MAX_INODES,
} from "../../shared/limits.ts";
import { bytesOf, toByteString, toText } from "../filesystem/names.ts";
import type { ExportSummary } from "./contract.ts";
import { damaged, malformed, notOurs, tooNew } from "./failures.ts";

export const EXPORT_MAGIC = bytesOf("TABNIXEX");
/** Of files with changes alone, which every Tabnix reads, and of those with the image too. */
const CHANGES_VERSION = 1;
const MACHINE_VERSION = 2;
/** The newest that is known. */
export const EXPORT_VERSION = MACHINE_VERSION;
/** Before the header: magic, version and length. */
export const PREFIX_BYTES = EXPORT_MAGIC.length + 8;
/** Behind the header. */
export const HEADER_CHECKSUM_BYTES = 8;
/** Before a frame: its length, which is 0 at the end. */
export const FRAME_LENGTH_BYTES = 4;
/** At the end: SHA-256 of everything before. */
export const DIGEST_BYTES = 32;

/** What the first byte of a frame says of the rest. */
export const FRAME = { records: 1, contents: 2 } as const;

const BASE_BYTES = 32;
/** Of the image's name, its release and date. */
const MAX_TEXT_BYTES = 255;

export interface ExportHeader extends Omit<ExportSummary, "machine"> {
  /** SHA-256 of the tree index that the records differ from, lower-case hexadecimal. */
  base: string;
  /** Bytes of all records. */
  recordBytes: number;
  /** What there is of the image. */
  whole?: ImageSizes;
}

/** How much of a file is the image. */
export interface ImageSizes {
  /** Bytes of the manifest. */
  manifestBytes: number;
  /** Objects, and their bytes as they are stored. */
  objects: number;
  objectBytes: number;
}

/** Everything up to the first frame. */
export function writeHead(header: ExportHeader): Uint8Array<ArrayBuffer> {
  const fields = new ByteWriter();
  for (const text of [header.image, header.release, header.date]) fields.string(toByteString(text));
  for (let at = 0; at < BASE_BYTES * 2; at += 2) {
    fields.u8(Number.parseInt(header.base.slice(at, at + 2), 16));
  }
  const { made, inodes, recordBytes, bytes, whole } = header;
  for (const number of [made, inodes, recordBytes, bytes]) fields.varint(number);
  if (whole) {
    for (const number of [whole.manifestBytes, whole.objects, whole.objectBytes]) {
      fields.varint(number);
    }
  }
  const writer = new ByteWriter();
  writer.append(EXPORT_MAGIC);
  writer.u32(whole ? MACHINE_VERSION : CHANGES_VERSION);
  writer.u32(fields.length);
  writer.append(fields.toBytes());
  writer.append(sha256(writer.toBytes()).subarray(0, HEADER_CHECKSUM_BYTES));
  return writer.toBytes();
}

/** Whether these could be the first bytes of an export, as far as they go. */
export function isOurs(bytes: Uint8Array): boolean {
  return (
    bytes.length > 0 && EXPORT_MAGIC.every((byte, at) => at >= bytes.length || bytes[at] === byte)
  );
}

/**
 * The length of the header and its checksum together.
 *
 * @param prefix the first {@link PREFIX_BYTES}
 * @throws TabnixError `invalid-input` when it is no export, `corrupt`
 */
export function headerLength(prefix: Uint8Array): number {
  if (!isOurs(prefix)) throw notOurs();
  const length = new HeaderReader(prefix.subarray(EXPORT_MAGIC.length + 4)).u32();
  if (length > EXPORT_HEADER_BYTES) throw damaged("its header has an impossible length");
  return length + HEADER_CHECKSUM_BYTES;
}

/**
 * @param head everything up to the first frame
 * @throws TabnixError `corrupt`, `wrong-version` when a newer Tabnix made it, `malformed`
 */
export function readHead(head: Uint8Array): ExportHeader {
  const checked = head.subarray(0, head.length - HEADER_CHECKSUM_BYTES);
  const stored = head.subarray(checked.length);
  if (
    !sha256(checked)
      .subarray(0, HEADER_CHECKSUM_BYTES)
      .every((byte, at) => byte === stored[at])
  ) {
    throw damaged("its header does not match its checksum");
  }
  const version = new HeaderReader(head.subarray(EXPORT_MAGIC.length)).u32();
  if (version > EXPORT_VERSION) throw tooNew(version, EXPORT_VERSION);
  if (version < CHANGES_VERSION) throw malformed(`there is no version ${version}`);
  return new HeaderReader(checked.subarray(PREFIX_BYTES)).header(version);
}

class HeaderReader extends ByteReader {
  override fail(reason: string): never {
    throw malformed(reason);
  }

  header(version: number): ExportHeader {
    const header: ExportHeader = {
      image: this.text(),
      release: this.text(),
      date: this.text(),
      base: hexOf(this.take(BASE_BYTES)),
      made: this.varint(),
      inodes: this.varint(),
      recordBytes: this.varint(),
      bytes: this.varint(),
    };
    if (version === MACHINE_VERSION) header.whole = this.sizes();
    if (this.remaining > 0) this.fail("bytes follow its header");
    if (header.recordBytes > EXPORT_RECORD_BYTES || header.inodes > MAX_INODES) {
      this.fail("it has too many records");
    }
    return header;
  }

  private sizes(): ImageSizes {
    const manifestBytes = this.varint();
    if (manifestBytes > IMPORT_MANIFEST_BYTES) this.fail("its manifest is too large");
    return { manifestBytes, objects: this.varint(), objectBytes: this.varint() };
  }

  private text(): string {
    const text = this.string();
    if (text.length > MAX_TEXT_BYTES) this.fail("a name is too long");
    return toText(text);
  }
}
