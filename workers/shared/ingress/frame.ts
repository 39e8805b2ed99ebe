/**
 * The frames between a relay and a tab whose guest has a public address: docs/ingress-protocol.md. One
 * frame a WebSocket message; integers are little-endian. Decoding makes views, never copies.
 */
import { TabnixError } from "../errors.ts";
import { INGRESS_DATA_BYTES, INGRESS_NAME_BYTES, INGRESS_TEXT_BYTES } from "../limits.ts";

/** The version of the protocol, which is also in the name of the WebSocket's subprotocol. */
export const INGRESS_VERSION = 1;
export const INGRESS_PROTOCOL = `tabnix-ingress-${INGRESS_VERSION}`;

/** Why a stream was reset. */
export const RESET_REASON = {
  /** The sender has aborted it. */
  aborted: 1,
  /** The guest refuses connections to the port. */
  refused: 2,
  /** The guest does not answer. */
  timeout: 3,
  /** The receiver of OPEN has no room for more streams. */
  limit: 4,
} as const;

/** How a relay closes the WebSocket of a tab for a reason of its own (RFC 6455, 7.4.2). */
export const INGRESS_CLOSE = {
  /** The name belongs to another tab of somebody else. Trying again does not help. */
  taken: 4409,
  /** The same owner has connected anew under this name. Trying again would take it back. */
  replaced: 4410,
} as const;

/** One frame. `stream` is a number of 32 bits, chosen by the relay, never 0. */
export type IngressFrame =
  /** Relay, first: the name that the tab has, its public address, and the window of each new stream. */
  | { type: "hello"; version: number; window: number; name: string; address: string }
  /** Relay: a connection of the public, from the address `peer`. Both windows are HELLO's. */
  | { type: "open"; stream: number; peer: string }
  | { type: "data"; stream: number; bytes: Uint8Array }
  /** So many more bytes may be sent to the sender of this frame. */
  | { type: "window"; stream: number; bytes: number }
  /** The sender sends no more on this stream. */
  | { type: "end"; stream: number }
  /** The stream is gone at once, both ways. */
  | { type: "reset"; stream: number; reason: number };

const HELLO = 1;
const OPEN = 2;
const DATA = 3;
const WINDOW = 4;
const END = 5;
const RESET = 6;

const HEAD_BYTES = 5;
const HELLO_BYTES = 6;
/** The largest message of the protocol. */
export const INGRESS_MESSAGE_BYTES = HEAD_BYTES + INGRESS_DATA_BYTES;

const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads one message. DATA's bytes are a view of it.
 *
 * @throws TabnixError "malformed"
 */
export function decodeIngressFrame(message: Uint8Array): IngressFrame {
  if (message.length < HEAD_BYTES) throw malformed("it has no header");
  if (message.length > INGRESS_MESSAGE_BYTES)
    throw malformed(`${message.length} bytes are too many`);
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const type = view.getUint8(0);
  const stream = view.getUint32(1, true);
  const payload = message.subarray(HEAD_BYTES);
  if ((stream === 0) !== (type === HELLO)) throw malformed(`type ${type} is on stream ${stream}`);
  switch (type) {
    case HELLO:
      return decodeHello(payload, view);
    case OPEN:
      return { type: "open", stream, peer: decodeText(payload) };
    case DATA:
      if (payload.length === 0) throw malformed("DATA is empty");
      return { type: "data", stream, bytes: payload };
    case WINDOW:
      needLength(payload, 4);
      return { type: "window", stream, bytes: view.getUint32(HEAD_BYTES, true) };
    case END:
      needLength(payload, 0);
      return { type: "end", stream };
    case RESET:
      needLength(payload, 1);
      return { type: "reset", stream, reason: view.getUint8(HEAD_BYTES) };
    default:
      throw malformed(`there is no type ${type}`);
  }
}

function decodeHello(payload: Uint8Array, view: DataView): IngressFrame {
  if (payload.length < HELLO_BYTES) throw malformed("HELLO ends early");
  const nameBytes = view.getUint8(HEAD_BYTES + 5);
  if (nameBytes > INGRESS_NAME_BYTES || HELLO_BYTES + nameBytes > payload.length) {
    throw malformed("HELLO's name does not fit");
  }
  return {
    type: "hello",
    version: view.getUint8(HEAD_BYTES),
    window: view.getUint32(HEAD_BYTES + 1, true),
    name: decodeText(payload.subarray(HELLO_BYTES, HELLO_BYTES + nameBytes)),
    address: decodeText(payload.subarray(HELLO_BYTES + nameBytes)),
  };
}

/** Writes a frame as one message. Its fields must be in their ranges. */
export function encodeIngressFrame(frame: IngressFrame): Uint8Array<ArrayBuffer> {
  switch (frame.type) {
    case "hello": {
      const name = new TextEncoder().encode(frame.name);
      const address = new TextEncoder().encode(frame.address);
      const { message, view } = begin(HELLO, 0, HELLO_BYTES + name.length + address.length);
      view.setUint8(HEAD_BYTES, frame.version);
      view.setUint32(HEAD_BYTES + 1, frame.window, true);
      view.setUint8(HEAD_BYTES + 5, name.length);
      message.set(name, HEAD_BYTES + HELLO_BYTES);
      message.set(address, HEAD_BYTES + HELLO_BYTES + name.length);
      return message;
    }
    case "open": {
      const peer = new TextEncoder().encode(frame.peer);
      const { message } = begin(OPEN, frame.stream, peer.length);
      message.set(peer, HEAD_BYTES);
      return message;
    }
    case "data": {
      const { message } = begin(DATA, frame.stream, frame.bytes.length);
      message.set(frame.bytes, HEAD_BYTES);
      return message;
    }
    case "window": {
      const { message, view } = begin(WINDOW, frame.stream, 4);
      view.setUint32(HEAD_BYTES, frame.bytes, true);
      return message;
    }
    case "end":
      return begin(END, frame.stream, 0).message;
    case "reset": {
      const { message, view } = begin(RESET, frame.stream, 1);
      view.setUint8(HEAD_BYTES, frame.reason);
      return message;
    }
  }
}

function begin(type: number, stream: number, payloadBytes: number) {
  const message = new Uint8Array(HEAD_BYTES + payloadBytes);
  const view = new DataView(message.buffer);
  view.setUint8(0, type);
  view.setUint32(1, stream, true);
  return { message, view };
}

function needLength(payload: Uint8Array, length: number): void {
  if (payload.length !== length) {
    throw malformed(`its payload has ${payload.length} bytes instead of ${length}`);
  }
}

function decodeText(bytes: Uint8Array): string {
  if (bytes.length > INGRESS_TEXT_BYTES) throw malformed("a text is too long");
  try {
    return text.decode(bytes);
  } catch {
    throw malformed("a text is not UTF-8");
  }
}

function malformed(why: string): TabnixError {
  return new TabnixError("malformed", `A frame of the ingress cannot be read: ${why}.`);
}
