import type { ByteStream } from "../../../shared/byte-stream.ts";
import { type Field, isFieldValue, isToken } from "./fields.ts";
import { HttpError } from "./http-error.ts";

/** A request as it goes to a server (RFC 9112, section 3). */
export interface HttpRequest {
  method: string;
  /** The origin-form: path and query, percent-encoded. */
  target: string;
  /** Without Connection, Content-Length and Transfer-Encoding, which belong to the connection. */
  fields: readonly Field[];
  /** Its content, if it has any. */
  body?: RequestBody;
}

export interface RequestBody {
  /** Bytes, where known; else the content is sent in chunks. */
  length?: number;
  pieces: AsyncIterable<Uint8Array>;
}

const ENCODER = new TextEncoder();
const TARGET = /^[!-~]+$/;
const OWN_FIELDS = new Set(["connection", "content-length", "transfer-encoding", "expect", "te"]);
/** Methods after which a server expects to be told that there is no content (RFC 9110, section 8.6). */
const WITH_CONTENT = new Set(["POST", "PUT", "PATCH"]);
const CRLF = ENCODER.encode("\r\n");
const LAST_CHUNK = ENCODER.encode("0\r\n\r\n");

/** @throws HttpError `malformed` when a part of it would be read as another */
export function encodeRequestHead(
  { method, target, fields, body }: HttpRequest,
  connection: "keep-alive" | readonly Field[] = "keep-alive",
): Uint8Array {
  if (!isToken(method) || !TARGET.test(target)) {
    throw new HttpError("malformed", "The request's method or address cannot be sent.");
  }
  const own: Field[] =
    connection === "keep-alive" ? [["connection", "keep-alive"]] : [...connection];
  if (body && body.length === undefined) own.push(["transfer-encoding", "chunked"]);
  else if (body || WITH_CONTENT.has(method)) own.push(["content-length", `${body?.length ?? 0}`]);
  const lines = [`${method} ${target} HTTP/1.1`];
  for (const [name, value] of [...fields.filter(([name]) => !OWN_FIELDS.has(name)), ...own]) {
    if (!isToken(name) || !isFieldValue(value)) {
      throw new HttpError("malformed", `The request's field “${name}” cannot be sent.`);
    }
    lines.push(`${name}: ${value}`);
  }
  return bytesOf(`${lines.join("\r\n")}\r\n\r\n`);
}

/**
 * Sends a content, as fast as the server takes it.
 *
 * @throws HttpError `incomplete` when it is not as long as it was said to be; NetworkError; whatever
 *   reading it throws
 */
export async function writeBody(
  stream: ByteStream,
  { length, pieces }: RequestBody,
): Promise<void> {
  let sent = 0;
  for await (const piece of pieces) {
    if (piece.length === 0) continue;
    sent += piece.length;
    if (length !== undefined && sent > length) break;
    if (length === undefined) await stream.write(bytesOf(`${piece.length.toString(16)}\r\n`));
    await stream.write(piece);
    if (length === undefined) await stream.write(CRLF.slice());
  }
  if (length === undefined) await stream.write(LAST_CHUNK.slice());
  else if (sent !== length) {
    throw new HttpError("incomplete", "The request's content is not as long as it was said to be.");
  }
}

/** ISO 8859-1, which the fields are. */
function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
