/** What goes through the channel of a WebAssembly process; images/agent/exec-protocol.h is the other end. */
import { ByteReader, ByteWriter, byteStringOf } from "../../shared/bytes.ts";
import { CHANNEL_READ_BYTES } from "../../shared/limits.ts";
import type { ByteString } from "../filesystem/names.ts";
import { PosixError } from "../filesystem/posix-error.ts";

/** Of this protocol; an agent of another says so in its request. */
export const EXEC_VERSION = 3;
const HEADER_BYTES = 8;
const DESCRIPTORS = 3;

/** Frames of the agent. */
export const FromAgent = { request: 1, input: 2, error: 3, ready: 4, size: 5 } as const;

/** Frames of the kernel. */
export const ToAgent = {
  read: 16,
  write: 17,
  poll: 18,
  seek: 19,
  exit: 20,
  kill: 21,
  nothing: 22,
  forget: 23,
  instead: 24,
} as const;

export interface ExecFrame {
  type: number;
  descriptor: number;
  payload: Uint8Array;
}

/** One of the caller's descriptors 0 to 2. */
export interface ExecDescriptor {
  /** st_mode, 0 when it is closed. */
  mode: number;
  /** As fcntl's F_GETFL gives them. */
  flags: number;
  /** -1 when it cannot seek. */
  position: number;
  /** Where /proc/self/fd leads. */
  target: ByteString;
  isTerminal: boolean;
}

/** What the agent says of the program it stands for. */
export interface ExecRequest {
  uid: number;
  gid: number;
  groups: number[];
  umask: number;
  rows: number;
  columns: number;
  descriptors: ExecDescriptor[];
  module: ByteString;
  directory: ByteString;
  argv: ByteString[];
  environment: ByteString[];
}

class FrameReader extends ByteReader {
  protected override fail(reason: string): never {
    throw new PosixError("EPROTO", `a malformed frame of the agent: ${reason}`);
  }

  frame(): ExecFrame {
    const type = this.u8();
    const descriptor = this.u8();
    this.u16();
    return { type, descriptor, payload: this.take(this.u32()) };
  }

  text(): ByteString {
    return byteStringOf(this.take(this.u32()));
  }

  list<T>(read: () => T): T[] {
    const count = this.u32();
    // Each takes four bytes or more, so a count beyond that is not a count.
    if (count > this.remaining) this.fail("a list is longer than its frame");
    return Array.from({ length: count }, read);
  }
}

/** How long a frame is whose beginning this is; undefined when it is too short to tell. */
export function frameLength(bytes: Uint8Array): number | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  return HEADER_BYTES + new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true);
}

/** @throws PosixError EPROTO unless the bytes are whole frames */
export function readFrames(bytes: Uint8Array): ExecFrame[] {
  const reader = new FrameReader(bytes);
  const frames: ExecFrame[] = [];
  while (reader.remaining > 0) frames.push(reader.frame());
  return frames;
}

/** @throws PosixError EPROTO */
export function readRequest({ type, payload }: ExecFrame): ExecRequest {
  const reader = new FrameReader(payload);
  const text = () => reader.text();
  if (type !== FromAgent.request) throw new PosixError("EPROTO", "no request");
  if (reader.u32() !== EXEC_VERSION) throw new PosixError("EPROTO", "another version of the agent");
  const [uid, gid, umask, terminals] = [reader.u32(), reader.u32(), reader.u32(), reader.u32()];
  const [rows, columns] = [reader.u16(), reader.u16()];
  const descriptors = Array.from({ length: DESCRIPTORS }, (_, number) => ({
    mode: reader.u32(),
    flags: reader.u32(),
    position: reader.i64(),
    target: reader.text(),
    isTerminal: (terminals & (1 << number)) !== 0,
  }));
  return {
    ...{ uid, gid, umask, rows, columns, descriptors },
    module: text(),
    directory: text(),
    argv: reader.list(text),
    environment: reader.list(text),
    groups: reader.list(() => reader.u32()),
  };
}

/** The only number in a frame, or the first. @throws PosixError EPROTO */
export function numberOf({ payload }: ExecFrame): number {
  return new FrameReader(payload).u32();
}

export function frame(type: number, descriptor: number, payload: Uint8Array): Uint8Array {
  const writer = new ByteWriter(HEADER_BYTES + payload.length);
  writer.u8(type);
  writer.u8(descriptor);
  writer.u16(0);
  writer.u32(payload.length);
  writer.append(payload);
  return writer.toBytes();
}

/** A frame of 32-bit numbers, negative ones as two's complement. */
export function numbersFrame(type: number, descriptor: number, ...numbers: number[]): Uint8Array {
  const writer = new ByteWriter(HEADER_BYTES + 4 * numbers.length);
  for (const number of numbers) writer.u32(number);
  return frame(type, descriptor, writer.toBytes());
}

/** Frames go whole, so none may be longer than a read of the agent. */
export const MAX_FRAME_PAYLOAD = CHANNEL_READ_BYTES - HEADER_BYTES;
