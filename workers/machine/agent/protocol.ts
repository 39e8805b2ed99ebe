/**
 * The stream between the machine worker and the guest's agent, over a virtio-serial port. The other
 * end is images/agent/protocol.h: change both together, and PROTOCOL_VERSION with them.
 *
 * A frame is: u8 type, u8 channel, u16 length of the payload, payload. Integers are little-endian. A
 * channel is a terminal, or a program with pipes; the host numbers them.
 */
import { TabnixError } from "../../shared/errors.ts";
import { AGENT_PAYLOAD_BYTES, AGENT_STRINGS, MAX_LISTENING_PORTS } from "../../shared/limits.ts";

export const PROTOCOL_VERSION = 3;
export const HEADER_BYTES = 4;
const PORT_BYTES = 2;
const OPEN_HEADER_BYTES = 9;

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
  close: 13,
  signal: 14,
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
  errors: 9,
} as const;

/** Flags of `settle`. */
export const Settle = { dropCaches: 1, scrubMemory: 2 } as const;

/** The payload of `power` and `powering`. */
export const Power = { reboot: 1, powerOff: 2 } as const;

/** Flags of `open`. */
const Open = { raw: 1, pipes: 2 } as const;

/** Standard descriptors. */
export const STDIN = 0;
export const STDOUT = 1;
export const STDERR = 2;

/** What a program writes to. */
export type OutputDescriptor = typeof STDOUT | typeof STDERR;

/** A command to start. */
export interface Command {
  /** A program without a slash is looked for in the environment's PATH. */
  argv: readonly string[];
  environment: Readonly<Record<string, string>>;
  directory: string;
}

/** A program to start on a new terminal. */
export interface Program extends Command {
  /** No echo, no line editing, no newline translation: bytes as they are. */
  raw: boolean;
}

/** What a command talks through: a terminal, or three pipes. */
export type Standard = { rows: number; columns: number; raw: boolean } | "pipes";

export interface Frame {
  type: number;
  channel: number;
  payload: Uint8Array;
}

/** One frame as bytes. */
export function encodeFrame(type: number, channel: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + payload.length);
  bytes[0] = type;
  bytes[1] = channel;
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

/** The payload of `accepted` and `exit`; 0 for one that is too short. */
export function numberOf(payload: Uint8Array): number {
  if (payload.length < 4) return 0;
  return new DataView(payload.buffer, payload.byteOffset).getUint32(0, true);
}

/** A status of wait(2) as a shell's $? shows it. */
export function shellStatus(status: number): number {
  const signal = status & 0x7f;
  return signal === 0 ? (status >> 8) & 0xff : 128 + signal;
}

/** The payload of `credit`. */
export function encodeCredit(bytes: number, descriptor: OutputDescriptor): Uint8Array {
  return Uint8Array.of(...encodeNumbers(bytes), descriptor);
}

/**
 * The payload of `open`.
 *
 * @throws TabnixError `invalid-input` when arguments and environment are more than the agent takes, or have
 *   a NUL in them
 */
export function encodeProgram(command: Command, standard: Standard): Uint8Array {
  const environment = Object.entries(command.environment).map(
    ([name, value]) => `${name}=${value}`,
  );
  const strings = [command.directory, ...command.argv, ...environment];
  const nul = strings.find((string) => string.includes("\0"));
  if (nul !== undefined) {
    throw new TabnixError(
      "invalid-input",
      `${JSON.stringify(nul)} has a NUL character in it.`,
      "Arguments, variables and paths of Linux end there: leave it out.",
    );
  }
  const text = new TextEncoder().encode(strings.map((string) => `${string}\0`).join(""));
  const size = OPEN_HEADER_BYTES + text.length;
  if (size > AGENT_PAYLOAD_BYTES || strings.length > AGENT_STRINGS) {
    throw new TabnixError(
      "invalid-input",
      `The command and its environment are ${size} bytes in ${strings.length} strings; ` +
        `at most ${AGENT_PAYLOAD_BYTES} bytes in ${AGENT_STRINGS} strings can be passed.`,
      "Shorten the command: a long script can be written to a file first.",
    );
  }
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  if (standard === "pipes") bytes[4] = Open.pipes;
  else {
    bytes.set(encodeSize(standard.rows, standard.columns));
    bytes[4] = standard.raw ? Open.raw : 0;
  }
  view.setUint16(5, command.argv.length, true);
  view.setUint16(7, environment.length, true);
  bytes.set(text, OPEN_HEADER_BYTES);
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
        channel: data[at + 1]!,
        payload: data.subarray(at + HEADER_BYTES, end),
      };
      at = end;
    }
    this.pending = data.slice(at);
  }
}
