/** The extensions of WISP version 2 ("Protocol Extensions"), and the one of Tabnix (docs/relay.md). */
import { TabnixError } from "../errors.ts";
import type { WispExtension } from "./packet.ts";

/** Identifiers of extensions. */
export const EXTENSION = {
  udp: 0x01,
  password: 0x02,
  key: 0x03,
  motd: 0x04,
  /** Version 2.1: the server confirms that a stream is open by a CONTINUE packet for it. */
  openConfirmation: 0x05,
  /** Tabnix: END and WINDOW packets. The client's payload is its window, u32 bytes. */
  streamControl: 0x54,
} as const;

/** What a server's INFO says. */
export interface ServerFeatures {
  udp: boolean;
  openConfirmation: boolean;
  streamControl: boolean;
  /** The server wants a user name and a password, or a signature, which Tabnix does not send. */
  authentication: "none" | "password" | "key";
  motd: string;
}

/** What a client's INFO says. */
export interface ClientFeatures {
  udp: boolean;
  openConfirmation: boolean;
  /** Bytes that each stream may be ahead of the client's reader; undefined without stream control. */
  window?: number;
  /** Sent by clients that want to log in; the relay has tokens instead and ignores it. */
  password?: { user: string; password: string };
  /** The same by a signature: the SHA-512 of the public key. */
  key?: { algorithm: number; keyHash: Uint8Array; signature: Uint8Array };
}

const NOTHING = new Uint8Array(0);
const KEY_HASH_BYTES = 64;
const WINDOW_BYTES = 4;

/** The entries of a server that offers these. */
export function serverExtensions(
  offer: Pick<ServerFeatures, "udp" | "openConfirmation" | "streamControl" | "motd">,
): WispExtension[] {
  return [
    ...(offer.udp ? [empty(EXTENSION.udp)] : []),
    ...(offer.openConfirmation ? [empty(EXTENSION.openConfirmation)] : []),
    ...(offer.streamControl ? [empty(EXTENSION.streamControl)] : []),
    ...(offer.motd ? [{ id: EXTENSION.motd, payload: new TextEncoder().encode(offer.motd) }] : []),
  ];
}

/** What a server offers. Unknown extensions are ignored, and so is what follows in known ones. */
export function readServerExtensions(extensions: WispExtension[]): ServerFeatures {
  const find = (id: number) => extensions.find((extension) => extension.id === id);
  const required = (id: number) => find(id)?.payload[0] === 1;
  return {
    udp: find(EXTENSION.udp) !== undefined,
    openConfirmation: find(EXTENSION.openConfirmation) !== undefined,
    streamControl: find(EXTENSION.streamControl) !== undefined,
    authentication: required(EXTENSION.password)
      ? "password"
      : required(EXTENSION.key)
        ? "key"
        : "none",
    motd: new TextDecoder().decode(find(EXTENSION.motd)?.payload ?? NOTHING),
  };
}

/** The entries of Tabnix's own client, for a server with these features. */
export function clientExtensions(server: ServerFeatures, window: number): WispExtension[] {
  const payload = new Uint8Array(WINDOW_BYTES);
  new DataView(payload.buffer).setUint32(0, window, true);
  return [
    ...(server.udp ? [empty(EXTENSION.udp)] : []),
    ...(server.openConfirmation ? [empty(EXTENSION.openConfirmation)] : []),
    ...(server.streamControl ? [{ id: EXTENSION.streamControl, payload }] : []),
  ];
}

/**
 * What a client asks for.
 *
 * @throws TabnixError "malformed" when a payload does not have its extension's form
 */
export function readClientExtensions(extensions: WispExtension[]): ClientFeatures {
  const features: ClientFeatures = { udp: false, openConfirmation: false };
  for (const { id, payload } of extensions) {
    if (id === EXTENSION.udp) features.udp = true;
    else if (id === EXTENSION.openConfirmation) features.openConfirmation = true;
    else if (id === EXTENSION.streamControl) features.window = readWindow(payload);
    else if (id === EXTENSION.password) features.password = readPassword(payload);
    else if (id === EXTENSION.key) features.key = readKey(payload);
  }
  return features;
}

function readWindow(payload: Uint8Array): number {
  if (payload.length !== WINDOW_BYTES) throw malformed("stream control has no window");
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const window = view.getUint32(0, true);
  if (window === 0) throw malformed("the window of stream control is empty");
  return window;
}

function readPassword(payload: Uint8Array): { user: string; password: string } {
  if (payload.length < 3) throw malformed("a password ends early");
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const userEnd = 3 + view.getUint8(0);
  const end = userEnd + view.getUint16(1, true);
  if (end !== payload.length) throw malformed("a password has another length than it says");
  const text = new TextDecoder();
  return {
    user: text.decode(payload.subarray(3, userEnd)),
    password: text.decode(payload.subarray(userEnd)),
  };
}

function readKey(payload: Uint8Array) {
  if (payload.length < 1 + KEY_HASH_BYTES) throw malformed("a signature ends early");
  return {
    algorithm: payload[0] ?? 0,
    keyHash: payload.subarray(1, 1 + KEY_HASH_BYTES),
    signature: payload.subarray(1 + KEY_HASH_BYTES),
  };
}

function empty(id: number): WispExtension {
  return { id, payload: NOTHING };
}

function malformed(why: string): TabnixError {
  return new TabnixError("malformed", `A WISP extension cannot be read: ${why}.`);
}
