/**
 * The stream between the machine worker and the guest's agent, over a virtio-serial port. The other
 * end is images/agent/protocol.h: change both together, and PROTOCOL_VERSION with them.
 *
 * A frame is: u8 type, u8 terminal, u16 length of the payload, payload. Integers are little-endian.
 */
import { AGENT_PAYLOAD_BYTES, AGENT_STRINGS, MAX_LISTENING_PORTS } from "../../shared/limits.ts";

export const PROTOCOL_VERSION = 2;
export const HEADER_BYTES = 4;
const PORT_BYTES = 2;

/** Frame types, host to guest. */
export const ToGuest = {
  open: 1,
  input: 2,
  resize: 3,
  credit: 4,
  hangup: 5,
  clock: 6,
  entropy: 7,
  hostname: 8,
  settle: 9,
  power: 10,
  hardwareAddress: 11,
  ping: 12,
} as const;

/** Frame types, guest to host. */
export const FromGuest = {
  hello: 1,
  output: 2,
  received: 3,
  accepted: 4,
  exit: 5,
  settled: 6,
  powering: 7,
  ports: 8,
} as const;

/** Flags of `settle`. */
export const Settle = { dropCaches: 1, scrubMemory: 2 } as const;

/** The payload of `power` and `powering`. */
export const Power = { reboot: 1, powerOff: 2 } as const;

/** A program to start on a new terminal. */
export interface Program {
  argv: string[];
  environment: Record<string, string>;
  directory: string;
  /** No echo, no line editing, no newline translation: bytes as they are. */
  raw: boolean;
}

export interface Frame {
  type: number;
  terminal: number;
  payload: Uint8Array;
}

/** One frame as bytes. */
export function encodeFrame(type: number, terminal: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + payload.length);
  bytes[0] = type;
  bytes[1] = terminal;
  bytes[2] = payload.length & 0xff;
  bytes[3] = payload.length >> 8;
  bytes.set(payload, HEADER_BYTES);
  return bytes;
}

/** The payload of `resize`, and the start of `open`. */
export function encodeSize(rows: number, columns: number): Uint8Array {
  return new Uint8Array([rows & 0xff, rows >> 8, columns & 0xff, columns >> 8]);
}

/** The payload of `ports`: at most as many as an agent tells, and none that is no port. */
export function decodePorts(payload: Uint8Array): number[] {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const ports = new Set<number>();
  const end = Math.min(payload.length, PORT_BYTES * MAX_LISTENING_PORTS);
  for (let at = 0; at + PORT_BYTES <= end; at += PORT_BYTES) ports.add(view.getUint16(at, true));
  ports.delete(0);
  return [...ports].sort((a, b) => a - b);
}

/** A payload of 32-bit numbers. */
export function encodeNumbers(...numbers: number[]): Uint8Array {
  const bytes = new Uint8Array(4 * numbers.length);
  const view = new DataView(bytes.buffer);
  numbers.forEach((number, i) => {
    view.setUint32(4 * i, number, true);
  });
  return bytes;
}

/**
 * The payload of `open`.
 *
 * @throws RangeError when arguments and environment are more than the agent takes
 */
export function encodeProgram(program: Program, rows: number, columns: number): Uint8Array {
  const environment = Object.entries(program.environment).map(
    ([name, value]) => `${name}=${value}`,
  );
  const strings = [program.directory, ...program.argv, ...environment];
  const text = new TextEncoder().encode(strings.map((string) => `${string}\0`).join(""));
  const size = 7 + text.length;
  if (size > AGENT_PAYLOAD_BYTES || strings.length > AGENT_STRINGS) {
    throw new RangeError(
      `The command and its environment are ${size} bytes in ${strings.length} strings; ` +
        `at most ${AGENT_PAYLOAD_BYTES} bytes in ${AGENT_STRINGS} strings can be passed.`,
    );
  }
  const bytes = new Uint8Array(size);
  bytes.set(encodeSize(rows, columns));
  bytes[4] = program.raw ? 1 : 0;
  bytes[5] = program.argv.length;
  bytes[6] = environment.length;
  bytes.set(text, 7);
  return bytes;
}

/** Puts frames together from a stream that is cut anywhere. */
export class FrameReader {
  private pending = new Uint8Array(0);

  /** Yields the frames that `bytes` completes. Payloads are views: use them before the next push. */
  *push(bytes: Uint8Array): Generator<Frame> {
    let data = bytes;
    if (this.pending.length > 0) {
      data = new Uint8Array(this.pending.length + bytes.length);
      data.set(this.pending);
      data.set(bytes, this.pending.length);
    }
    let at = 0;
    while (data.length - at >= HEADER_BYTES) {
      const end = at + HEADER_BYTES + data[at + 2]! + (data[at + 3]! << 8);
      if (end > data.length) break;
      yield {
        type: data[at]!,
        terminal: data[at + 1]!,
        payload: data.subarray(at + HEADER_BYTES, end),
      };
      at = end;
    }
    this.pending = data.slice(at);
  }
}
