/**
 * The packets of WISP, versions 1 and 2 (github.com/MercuryWorkshop/wisp-protocol, "Packet Types"), and the
 * two that Tabnix adds when both sides say so in INFO (docs/relay.md, "Stream control"). Integers are
 * little-endian. Decoding makes views, never copies, so a packet costs no more than the message it came in.
 */
import { TabnixError } from "../errors.ts";
import { takeHeadroom } from "../headroom.ts";
import { MAX_WISP_EXTENSIONS, WISP_HOST_BYTES, WISP_MESSAGE_BYTES } from "../limits.ts";

/** What a stream carries. */
export type WispTransport = "tcp" | "udp";

/** An extension's entry in INFO; what its payload means depends on the sender, see extensions.ts. */
export interface WispExtension {
  /** 0 to 255. */
  id: number;
  payload: Uint8Array;
}

/** One packet. `stream` is a number of 32 bits; 0 is the connection itself. */
export type WispPacket =
  /** Client: open a stream to a host, a name or an address, and a port. */
  | { type: "connect"; stream: number; transport: WispTransport; port: number; host: string }
  /** Bytes of a TCP stream, or one datagram. */
  | { type: "data"; stream: number; bytes: Uint8Array }
  /** Server: so many more DATA packets of this stream have room. On stream 0: of each new stream. */
  | { type: "continue"; stream: number; packets: number }
  /** The stream is gone; the reason is one of close-reasons.ts, or unknown. */
  | { type: "close"; stream: number; reason: number }
  /** Version 2: what the sender can do. Always on stream 0. */
  | { type: "info"; major: number; minor: number; extensions: WispExtension[] }
  /** Stream control: the sender sends no more DATA on this stream, and goes on receiving. */
  | { type: "end"; stream: number }
  /** Stream control, client: so many more bytes of DATA may be sent to it on this stream. */
  | { type: "window"; stream: number; bytes: number };

const CONNECT = 0x01;
const DATA = 0x02;
const CONTINUE = 0x03;
const CLOSE = 0x04;
const INFO = 0x05;
const END = 0x54;
const WINDOW = 0x55;

const TCP = 0x01;
const UDP = 0x02;

/** Bytes before each packet's payload: type and stream. */
const HEAD_BYTES = 5;
const EXTENSION_HEAD_BYTES = 5;

const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads a WebSocket message as one packet. Payloads are views of `message`.
 *
 * @throws TabnixError "malformed" on anything that is not a packet
 */
export function decodeWispPacket(message: Uint8Array): WispPacket {
  if (message.length > WISP_MESSAGE_BYTES) throw malformed(`${message.length} bytes are too many`);
  if (message.length < HEAD_BYTES) throw malformed("it has no header");
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const stream = view.getUint32(1, true);
  const payload = message.subarray(HEAD_BYTES);
  switch (view.getUint8(0)) {
    case CONNECT:
      return decodeConnect(stream, payload, view);
    case DATA:
      return { type: "data", stream, bytes: payload };
    case CONTINUE:
      needLength("CONTINUE", payload, 4);
      return { type: "continue", stream, packets: view.getUint32(HEAD_BYTES, true) };
    case CLOSE:
      needLength("CLOSE", payload, 1);
      return { type: "close", stream, reason: view.getUint8(HEAD_BYTES) };
    case INFO:
      if (stream !== 0) throw malformed("INFO is on a stream");
      return decodeInfo(payload, view);
    case END:
      needLength("END", payload, 0);
      return { type: "end", stream };
    case WINDOW:
      needLength("WINDOW", payload, 4);
      return { type: "window", stream, bytes: view.getUint32(HEAD_BYTES, true) };
    default:
      throw malformed(`there is no type ${view.getUint8(0)}`);
  }
}

function decodeConnect(stream: number, payload: Uint8Array, view: DataView): WispPacket {
  if (payload.length < 3) throw malformed("CONNECT ends early");
  const kind = view.getUint8(HEAD_BYTES);
  if (kind !== TCP && kind !== UDP) throw malformed(`CONNECT is for transport ${kind}`);
  const name = payload.subarray(3);
  if (name.length === 0 || name.length > WISP_HOST_BYTES) {
    throw malformed(`CONNECT has a host of ${name.length} bytes`);
  }
  const transport = kind === TCP ? "tcp" : "udp";
  const port = view.getUint16(HEAD_BYTES + 1, true);
  return { type: "connect", stream, transport, port, host: decodeText(name) };
}

function decodeInfo(payload: Uint8Array, view: DataView): WispPacket {
  if (payload.length < 2) throw malformed("INFO ends early");
  const extensions: WispExtension[] = [];
  for (let at = 2; at < payload.length; ) {
    if (extensions.length === MAX_WISP_EXTENSIONS) throw malformed("INFO has too many extensions");
    if (payload.length - at < EXTENSION_HEAD_BYTES) throw malformed("an extension ends early");
    const length = view.getUint32(HEAD_BYTES + at + 1, true);
    const start = at + EXTENSION_HEAD_BYTES;
    if (length > payload.length - start) throw malformed("an extension is longer than INFO");
    const id = view.getUint8(HEAD_BYTES + at);
    extensions.push({ id, payload: payload.subarray(start, start + length) });
    at = start + length;
  }
  const major = view.getUint8(HEAD_BYTES);
  return { type: "info", major, minor: view.getUint8(HEAD_BYTES + 1), extensions };
}

/** Writes a packet as one WebSocket message. Its fields must be in their ranges. DATA takes its bytes' headroom. */
export function encodeWispPacket(packet: WispPacket): Uint8Array<ArrayBuffer> {
  switch (packet.type) {
    case "connect": {
      const name = new TextEncoder().encode(packet.host);
      const { message, view } = begin(CONNECT, packet.stream, 3 + name.length);
      view.setUint8(HEAD_BYTES, packet.transport === "tcp" ? TCP : UDP);
      view.setUint16(HEAD_BYTES + 1, packet.port, true);
      message.set(name, HEAD_BYTES + 3);
      return message;
    }
    case "data": {
      const { bytes, stream } = packet;
      const roomy = takeHeadroom(bytes, HEAD_BYTES);
      if (roomy) return writeHead(roomy, DATA, stream).message;
      const { message } = begin(DATA, stream, bytes.length);
      message.set(bytes, HEAD_BYTES);
      return message;
    }
    case "continue": {
      const { message, view } = begin(CONTINUE, packet.stream, 4);
      view.setUint32(HEAD_BYTES, packet.packets, true);
      return message;
    }
    case "close": {
      const { message, view } = begin(CLOSE, packet.stream, 1);
      view.setUint8(HEAD_BYTES, packet.reason);
      return message;
    }
    case "info":
      return encodeInfo(packet.major, packet.minor, packet.extensions);
    case "end":
      return begin(END, packet.stream, 0).message;
    case "window": {
      const { message, view } = begin(WINDOW, packet.stream, 4);
      view.setUint32(HEAD_BYTES, packet.bytes, true);
      return message;
    }
  }
}

function encodeInfo(major: number, minor: number, extensions: WispExtension[]) {
  const length = extensions.reduce((sum, e) => sum + EXTENSION_HEAD_BYTES + e.payload.length, 2);
  const { message, view } = begin(INFO, 0, length);
  message.set([major, minor], HEAD_BYTES);
  let at = HEAD_BYTES + 2;
  for (const { id, payload } of extensions) {
    view.setUint8(at, id);
    view.setUint32(at + 1, payload.length, true);
    message.set(payload, at + EXTENSION_HEAD_BYTES);
    at += EXTENSION_HEAD_BYTES + payload.length;
  }
  return message;
}

function begin(type: number, stream: number, payloadBytes: number) {
  return writeHead(new Uint8Array(HEAD_BYTES + payloadBytes), type, stream);
}

function writeHead(message: Uint8Array<ArrayBuffer>, type: number, stream: number) {
  const view = new DataView(message.buffer, message.byteOffset);
  view.setUint8(0, type);
  view.setUint32(1, stream, true);
  return { message, view };
}

function needLength(what: string, payload: Uint8Array, length: number): void {
  if (payload.length !== length) {
    throw malformed(`${what} has ${payload.length} bytes instead of ${length}`);
  }
}

function decodeText(bytes: Uint8Array): string {
  try {
    return text.decode(bytes);
  } catch {
    throw malformed("a text is not UTF-8");
  }
}

function malformed(why: string): TabnixError {
  return new TabnixError("malformed", `A WISP packet cannot be read: ${why}.`);
}
