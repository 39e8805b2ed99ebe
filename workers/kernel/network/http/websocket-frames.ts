/** Frames of WebSocket (RFC 6455, section 5), as a client reads and writes them. */
import { WEBSOCKET_MESSAGE_BYTES } from "../../../shared/limits.ts";
import type { ByteReader } from "./byte-reader.ts";

export const OPCODE = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
} as const;

/** Status codes of section 7.4.1 that this end uses. */
export const CLOSE = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 1002,
  noStatus: 1005,
  abnormal: 1006,
  invalidData: 1007,
  tooLarge: 1009,
} as const;

export interface Frame {
  isFinal: boolean;
  opcode: number;
  payload: Uint8Array;
}

/** The peer broke the protocol; `status` is what it is told when the connection is closed. */
export class WebSocketError extends Error {
  override readonly name = "WebSocketError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const FINAL = 0x80;
const RESERVED = 0x70;
const OPCODE_BITS = 0x0f;
const MASKED = 0x80;
const LENGTH_BITS = 0x7f;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const CONTROL = 0x8;
const MAX_CONTROL_BYTES = 125;
const MASK_BYTES = 4;
const KNOWN: ReadonlySet<number> = new Set(Object.values(OPCODE));

/**
 * The next frame of the server; undefined when the stream has ended.
 *
 * @param limit payload bytes that it may have
 * @throws WebSocketError; NetworkError
 */
export async function readFrame(reader: ByteReader, limit: number): Promise<Frame | undefined> {
  const begin = await exactly(reader, 2);
  if (!begin) return undefined;
  const [first = 0, second = 0] = begin;
  const opcode = first & OPCODE_BITS;
  const isFinal = (first & FINAL) !== 0;
  if ((first & RESERVED) !== 0 || !KNOWN.has(opcode)) throw broken("a frame of an unknown kind");
  if ((second & MASKED) !== 0) throw broken("a masked frame");
  const short = second & LENGTH_BITS;
  if ((opcode & CONTROL) !== 0 && (!isFinal || short > MAX_CONTROL_BYTES)) {
    throw broken("a control frame that is too long");
  }
  const length = await readLength(reader, short);
  if (length === undefined) return undefined;
  if (length > limit) {
    throw new WebSocketError(
      CLOSE.tooLarge,
      `The server sent a message of more than ${WEBSOCKET_MESSAGE_BYTES} bytes.`,
    );
  }
  const payload = await exactly(reader, length);
  return payload && { isFinal, opcode, payload };
}

/** A frame of the client: one, masked (section 5.3). */
export function encodeFrame(opcode: number, payload: Uint8Array): Uint8Array {
  const { length } = payload;
  const extended = length < LENGTH_16 ? 0 : length <= 0xffff ? 2 : 8;
  const frame = new Uint8Array(2 + extended + MASK_BYTES + length);
  const view = new DataView(frame.buffer);
  frame[0] = FINAL | opcode;
  frame[1] = MASKED | (extended === 0 ? length : extended === 2 ? LENGTH_16 : LENGTH_64);
  if (extended === 2) view.setUint16(2, length);
  else if (extended === 8) view.setBigUint64(2, BigInt(length));
  const mask = crypto.getRandomValues(frame.subarray(2 + extended, 2 + extended + MASK_BYTES));
  const at = 2 + extended + MASK_BYTES;
  for (let i = 0; i < length; i += 1) frame[at + i] = payload[i]! ^ mask[i % MASK_BYTES]!;
  return frame;
}

async function readLength(reader: ByteReader, short: number): Promise<number | undefined> {
  if (short < LENGTH_16) return short;
  const bytes = await exactly(reader, short === LENGTH_16 ? 2 : 8);
  if (!bytes) return undefined;
  const view = new DataView(bytes.buffer);
  const length = short === LENGTH_16 ? BigInt(view.getUint16(0)) : view.getBigUint64(0);
  const isMinimal = length >= (short === LENGTH_16 ? BigInt(LENGTH_16) : 0x1_0000n);
  if (!isMinimal || length >> 63n !== 0n) throw broken("a length in the wrong form");
  return Number(length);
}

/** So many bytes of their own; undefined when the stream ends before. */
async function exactly(reader: ByteReader, length: number): Promise<Uint8Array | undefined> {
  const whole = new Uint8Array(length);
  let at = 0;
  while (at < length) {
    const piece = await reader.read(length - at);
    if (!piece) return undefined;
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function broken(what: string): WebSocketError {
  return new WebSocketError(CLOSE.protocolError, `The server sent ${what}.`);
}
