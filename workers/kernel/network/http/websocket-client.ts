/** A WebSocket client (RFC 6455) over a connection of {@link HttpClient}. No extensions. */
import { sha1 } from "@noble/hashes/legacy.js";
import type { ByteStream } from "../../../shared/byte-stream.ts";
import { WEBSOCKET_CLOSE_MS, WEBSOCKET_MESSAGE_BYTES } from "../../../shared/limits.ts";
import type { ByteReader } from "./byte-reader.ts";
import { type Field, membersOf, valuesOf } from "./fields.ts";
import type { HttpClient } from "./http-client.ts";
import { HttpError } from "./http-error.ts";
import type { ResponseHead } from "./response-head.ts";
import { CLOSE, encodeFrame, OPCODE, readFrame, WebSocketError } from "./websocket-frames.ts";

export interface WebSocketRequest {
  target: string;
  /** Host, Origin, Cookie and the like; none of those of the handshake. */
  fields: readonly Field[];
  /** Subprotocols, the most wanted first. */
  protocols: readonly string[];
}

/** How a WebSocket ended: what a page's close event says. */
export interface WebSocketEnd {
  code: number;
  reason: string;
  /** Both sides had agreed to end it. */
  wasClean: boolean;
}

export interface OpenWebSocket {
  head: ResponseHead;
  /** The subprotocol that the server chose; empty if none. */
  protocol: string;
  socket: WebSocketClient;
}

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const VERSION = "13";
const KEY_BYTES = 16;
const CODE_BYTES = 2;
const MAX_REASON_BYTES = 123;
const ENCODER = new TextEncoder();
/** Codes that a peer may send (section 7.4.2). */
const sendable = (code: number) =>
  (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) ||
  (code >= 3000 && code <= 4999);

/**
 * The opening handshake (section 4.1).
 *
 * @throws HttpError `unsupported` when the server refuses, or accepts something else than was asked for;
 *   NetworkError
 */
export async function openWebSocket(
  client: HttpClient,
  port: number,
  { target, fields, protocols }: WebSocketRequest,
  signal?: AbortSignal,
): Promise<OpenWebSocket> {
  const key = base64(crypto.getRandomValues(new Uint8Array(KEY_BYTES)));
  const handshake: Field[] = [
    ["connection", "Upgrade"],
    ["upgrade", "websocket"],
    ["sec-websocket-version", VERSION],
    ["sec-websocket-key", key],
  ];
  if (protocols.length > 0) handshake.push(["sec-websocket-protocol", protocols.join(", ")]);
  const answer = await client.upgrade(port, { method: "GET", target, fields }, handshake, signal);
  const { head, connection } = answer;
  if (!connection) {
    throw new HttpError(
      "unsupported",
      `The server refused the WebSocket: ${head.status} ${head.reason}`,
    );
  }
  const [protocol = "", ...more] = valuesOf(head.fields, "sec-websocket-protocol");
  const accept = base64(sha1(ENCODER.encode(key + GUID)));
  const isAccepted =
    membersOf(head.fields, "upgrade").includes("websocket") &&
    membersOf(head.fields, "connection").includes("upgrade") &&
    valuesOf(head.fields, "sec-websocket-accept").join() === accept &&
    valuesOf(head.fields, "sec-websocket-extensions").length === 0 &&
    more.length === 0 &&
    (protocol === "" || protocols.includes(protocol));
  if (!isAccepted) {
    connection.abort();
    throw new HttpError(
      "unsupported",
      "The server's answer does not open the WebSocket asked for.",
    );
  }
  return { head, protocol, socket: new WebSocketClient(connection, answer.reader) };
}

/** An open WebSocket. Read it until it ends, or pings stay unanswered. */
export class WebSocketClient {
  readonly #stream: ByteStream;
  readonly #reader: ByteReader;
  #isClosing = false;
  #end: WebSocketEnd | undefined;

  constructor(stream: ByteStream, reader: ByteReader) {
    this.#stream = stream;
    this.#reader = reader;
  }

  /** How it ended, once {@link receive} gives nothing more. */
  get end(): WebSocketEnd {
    return this.#end ?? { code: CLOSE.abnormal, reason: "", wasClean: false };
  }

  /** Sends a message; resolves when there is room for another. @throws NetworkError */
  async send(message: string | Uint8Array): Promise<void> {
    if (this.#isClosing) return;
    const isText = typeof message === "string";
    const payload = isText ? ENCODER.encode(message) : message;
    await this.#stream.write(encodeFrame(isText ? OPCODE.text : OPCODE.binary, payload));
  }

  /** The next message; undefined when it has ended. Never rejects. */
  async receive(): Promise<string | Uint8Array | undefined> {
    if (this.#end) return undefined;
    try {
      return await this.#message();
    } catch (error) {
      const isBroken = error instanceof WebSocketError;
      if (isBroken) await this.#sendClose(error.status, error.message).catch(() => {});
      this.#finish({
        code: CLOSE.abnormal,
        reason: isBroken ? error.message : "",
        wasClean: false,
      });
      return undefined;
    }
  }

  /** Begins the closing handshake (section 7.1.2); {@link receive} ends when the server has answered. */
  close(code: number = CLOSE.noStatus, reason = ""): void {
    if (this.#isClosing) return;
    setTimeout(() => this.abort(), WEBSOCKET_CLOSE_MS);
    this.#sendClose(code, reason).catch(() => this.abort());
  }

  /** Breaks the connection at once. */
  abort(): void {
    this.#stream.abort();
  }

  async #message(): Promise<string | Uint8Array | undefined> {
    let opcode: number | undefined;
    const parts: Uint8Array[] = [];
    let length = 0;
    for (;;) {
      const frame = await readFrame(this.#reader, WEBSOCKET_MESSAGE_BYTES - length);
      if (!frame) {
        this.#finish(this.end);
        return undefined;
      }
      if (frame.opcode === OPCODE.ping) await this.#pong(frame.payload);
      else if (frame.opcode === OPCODE.close) return await this.#closed(frame.payload);
      if (frame.opcode >= OPCODE.close) continue;
      if ((frame.opcode === OPCODE.continuation) !== (opcode !== undefined)) {
        throw new WebSocketError(CLOSE.protocolError, "The server mixed up the parts of messages.");
      }
      opcode ??= frame.opcode;
      parts.push(frame.payload);
      length += frame.payload.length;
      if (frame.isFinal) return decoded(opcode, parts, length);
    }
  }

  async #pong(payload: Uint8Array): Promise<void> {
    if (!this.#isClosing) await this.#stream.write(encodeFrame(OPCODE.pong, payload));
  }

  async #closed(payload: Uint8Array): Promise<undefined> {
    const code =
      payload.length === 0
        ? CLOSE.noStatus
        : new DataView(payload.buffer, payload.byteOffset).getUint16(0);
    if (payload.length === 1 || (payload.length > 0 && !sendable(code))) {
      throw new WebSocketError(CLOSE.protocolError, "The server closed with a code that is none.");
    }
    const reason = utf8(payload.subarray(CODE_BYTES));
    await this.#sendClose(code, "").catch(() => {});
    this.#finish({ code, reason, wasClean: true });
    return undefined;
  }

  async #sendClose(code: number, reason: string): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    await this.#stream.write(encodeFrame(OPCODE.close, closePayload(code, reason)));
  }

  #finish(end: WebSocketEnd): void {
    this.#end ??= end;
    this.#isClosing = true;
    // What was written last goes out before the connection is broken.
    this.#stream.end();
    setTimeout(() => this.#stream.abort(), end.wasClean ? WEBSOCKET_CLOSE_MS : 0);
  }
}

function closePayload(code: number, reason: string): Uint8Array {
  if (!sendable(code)) return new Uint8Array(0);
  const text = ENCODER.encode(reason).subarray(0, MAX_REASON_BYTES);
  const payload = new Uint8Array(CODE_BYTES + text.length);
  new DataView(payload.buffer).setUint16(0, code);
  payload.set(text, CODE_BYTES);
  return payload;
}

function decoded(
  opcode: number,
  parts: readonly Uint8Array[],
  length: number,
): string | Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return opcode === OPCODE.text ? utf8(whole) : whole;
}

/** @throws WebSocketError */
function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new WebSocketError(CLOSE.invalidData, "The server sent text that is not UTF-8.");
  }
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
