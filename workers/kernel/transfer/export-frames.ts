/** The parts of an exported machine: read one after the other, with bounds, and checked as a whole at the end. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { EXPORT_FRAME_BYTES, EXPORT_PACKED_BYTES } from "../../shared/limits.ts";
import { cutShort, damaged, notOurs, unreadable } from "./failures.ts";
import {
  DIGEST_BYTES,
  type ExportHeader,
  FRAME_LENGTH_BYTES,
  headerLength,
  isOurs,
  PREFIX_BYTES,
  readHead,
} from "./format.ts";

export interface FrameOptions {
  signal?: AbortSignal | undefined;
  /** Bytes of the file. */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

export class ExportFrames {
  readonly header: ExportHeader;
  private readonly source: Source;
  private readonly options: FrameOptions;

  private constructor(header: ExportHeader, source: Source, options: FrameOptions) {
    this.header = header;
    this.source = source;
    this.options = options;
  }

  /** @throws TabnixError `invalid-input`, `incomplete`, `corrupt`, `wrong-version`, `malformed`, `not-found` */
  static async open(file: Blob, options: FrameOptions): Promise<ExportFrames> {
    const source = new Source(file);
    if (file.size < PREFIX_BYTES) {
      throw isOurs(await source.take(file.size)) ? cutShort() : notOurs();
    }
    const prefix = await source.take(PREFIX_BYTES);
    const header = await source.take(headerLength(prefix));
    const head = new Uint8Array(prefix.length + header.length);
    head.set(prefix);
    head.set(header, prefix.length);
    const parsed = readHead(head);
    const { manifestBytes = 0, objectBytes = 0 } = parsed.whole ?? {};
    // Known at once, not after all that is there was read.
    if (manifestBytes + objectBytes > file.size - source.position) throw cutShort();
    return new ExportFrames(parsed, source, options);
  }

  /** The SHA-256 that the file ends with, lower-case hexadecimal: right if {@link frames} comes to its end. */
  async storedDigest(): Promise<string> {
    return bytesToHex(await this.source.peekLast(DIGEST_BYTES));
  }

  /**
   * What stands before the frames: so many bytes more.
   *
   * @throws TabnixError `incomplete`, `not-found`; the signal's reason
   */
  async take(length: number): Promise<Uint8Array<ArrayBuffer>> {
    const { source, options } = this;
    options.signal?.throwIfAborted();
    const bytes = await source.take(length);
    options.onProgress?.(source.position, source.size);
    return bytes;
  }

  /**
   * Reads the rest of a file that means nothing any more, because whether it is damaged is to be told first.
   *
   * @throws TabnixError `corrupt`, `incomplete`, `not-found`; the signal's reason
   */
  async checkRest(): Promise<void> {
    const left = () => this.source.size - this.source.position - DIGEST_BYTES;
    while (left() > 0) await this.take(Math.min(left(), EXPORT_FRAME_BYTES));
    await this.checkDigest();
  }

  /**
   * What each frame has, packed. When the last one was asked for and none came, the file is whole.
   *
   * @throws TabnixError `incomplete`, `corrupt`, `not-found`; the signal's reason
   */
  async *frames(): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    const { source, options } = this;
    for (;;) {
      options.signal?.throwIfAborted();
      const length = new DataView((await source.take(FRAME_LENGTH_BYTES)).buffer).getUint32(
        0,
        true,
      );
      if (length === 0) break;
      if (length > EXPORT_PACKED_BYTES) throw damaged("a part has an impossible length");
      yield await source.take(length);
      options.onProgress?.(source.position, source.size);
    }
    await this.checkDigest();
    if (source.position < source.size) throw damaged("something follows its end");
  }

  private async checkDigest(): Promise<void> {
    const digest = this.source.digest();
    const stored = await this.source.take(DIGEST_BYTES);
    if (digest.some((byte, at) => byte !== stored[at])) throw damaged("its checksum is another");
  }
}

/** A file that is read from its beginning, and hashed on the way. */
class Source {
  position = 0;
  private readonly file: Blob;
  private readonly hash = sha256.create();
  /** What was read ahead, from {@link position} on. */
  private ahead = new Uint8Array(0);

  constructor(file: Blob) {
    this.file = file;
  }

  get size(): number {
    return this.file.size;
  }

  /** The next bytes, in memory of their own. @throws TabnixError `incomplete`, `not-found` */
  async take(length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (length > this.size - this.position) throw cutShort();
    if (this.ahead.length < length) {
      const end = this.position + Math.max(length, EXPORT_FRAME_BYTES);
      this.ahead = await read(this.file.slice(this.position, end));
      if (this.ahead.length < length) throw cutShort();
    }
    const bytes = this.ahead.slice(0, length);
    this.ahead = this.ahead.subarray(length);
    this.position += length;
    this.hash.update(bytes);
    return bytes;
  }

  /** The last bytes of the file, which are taken later. @throws TabnixError `incomplete`, `not-found` */
  async peekLast(length: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = await read(this.file.slice(Math.max(0, this.size - length)));
    if (bytes.length < length) throw cutShort();
    return bytes;
  }

  /** SHA-256 of all that was taken. */
  digest(): Uint8Array {
    return this.hash.clone().digest();
  }
}

async function read(piece: Blob): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await piece.arrayBuffer());
  } catch (error) {
    throw unreadable(error);
  }
}
