/** Reading requests and writing replies. */
import { ByteReader, ByteWriter } from "../../shared/bytes.ts";
import { type Inode, S_IFDIR, S_IFLNK } from "../filesystem/inode.ts";
import { PosixError } from "../filesystem/posix-error.ts";
import type { Timestamp } from "../filesystem/time.ts";
import type { Room } from "./call.ts";
import {
  DATA_HEADER_BYTES,
  HEADER_BYTES,
  NO_TAG,
  QID_DIRECTORY,
  QID_FILE,
  QID_SYMLINK,
  RLERROR,
} from "./protocol.ts";

const NANOSECONDS = 1e9;
const LENGTH_BYTES = 4;
const REPLY_BYTES = 1024;

/** The fields of one request. One reader serves a session: requests are parsed one at a time. */
export class RequestReader extends ByteReader {
  type = 0;
  tag = NO_TAG;

  constructor() {
    super(new Uint8Array(0));
  }

  /**
   * Starts on a message. The tag is set whenever the message is long enough to have one.
   *
   * @throws PosixError EPROTO when its size field is not its length
   */
  start(message: Uint8Array): void {
    this.bytes = message;
    this.position = 0;
    this.tag = NO_TAG;
    const size = this.u32();
    this.type = this.u8();
    this.tag = this.u16();
    if (size !== message.length) this.fail(`its size field says ${size}, it has ${message.length}`);
  }

  /** seconds[8] nanoseconds[8] */
  timestamp(): Timestamp {
    const seconds = this.i64();
    return { seconds, nanoseconds: this.u64() };
  }

  protected override fail(reason: string): never {
    throw new PosixError("EPROTO", `a malformed message: ${reason}`);
  }
}

/** @throws PosixError EINVAL when there are a second or more of nanoseconds */
export function checkTimestamp(timestamp: Timestamp): Timestamp {
  if (timestamp.nanoseconds >= NANOSECONDS) throw new PosixError("EINVAL", "nanoseconds");
  return timestamp;
}

/** Builds replies, one at a time; {@link finish} gives each its own buffer. */
export class ReplyWriter extends ByteWriter {
  private readonly changingVersions: boolean;
  private data: Uint8Array | undefined;
  private failure = 0;

  /** @param changingVersions whether qids tell the version of an inode, or always 0 */
  constructor(changingVersions: boolean) {
    super(REPLY_BYTES);
    this.changingVersions = changingVersions;
    this.start();
  }

  /** Forgets what was written. */
  start(): void {
    this.length = HEADER_BYTES;
    this.data = undefined;
    this.failure = 0;
  }

  /** type[1] version[4] path[8] */
  qid(inode: Inode): void {
    this.u8(qidType(inode));
    this.u32(this.changingVersions ? inode.version : 0);
    this.u64(inode.number);
  }

  timestamp({ seconds, nanoseconds }: Timestamp): void {
    this.u64(seconds);
    this.u64(nanoseconds);
  }

  /** Makes the reply `buffer`, from {@link dataBuffer}, with `length` bytes of data in it. */
  dataReply(buffer: Uint8Array, length: number): void {
    this.data = buffer.subarray(0, DATA_HEADER_BYTES + length);
    putU32(this.data, HEADER_BYTES, length);
  }

  /** Makes the reply Rlerror, as a thrown PosixError would, but without the cost of an exception. */
  fail(code: number): void {
    this.failure = code;
  }

  /** The reply. */
  finish(type: number, tag: number): Uint8Array {
    if (this.failure !== 0) return errorReply(tag, this.failure);
    const bytes = this.data ?? this.toBytes();
    putHeader(bytes, type, tag);
    return bytes;
  }
}

/** A buffer for a reply with up to `length` bytes of data, which go behind the header. */
export function dataBuffer(length: number, room?: Room): Uint8Array {
  const bytes = DATA_HEADER_BYTES + length;
  return room?.(bytes) ?? new Uint8Array(bytes);
}

/** Rlerror. */
export function errorReply(tag: number, code: number): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + LENGTH_BYTES);
  putU32(bytes, HEADER_BYTES, code);
  putHeader(bytes, RLERROR, tag);
  return bytes;
}

function putHeader(bytes: Uint8Array, type: number, tag: number): void {
  putU32(bytes, 0, bytes.length);
  bytes[4] = type;
  bytes[5] = tag;
  bytes[6] = tag >>> 8;
}

function putU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

function qidType(inode: Inode): number {
  if (inode.type === S_IFDIR) return QID_DIRECTORY;
  return inode.type === S_IFLNK ? QID_SYMLINK : QID_FILE;
}
