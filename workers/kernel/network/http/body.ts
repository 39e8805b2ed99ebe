/** The content of a response: how its end is known (RFC 9112, section 6), and reading it. */
import {
  HTTP_BODY_IDLE_MS,
  HTTP_CHUNK_LINE_BYTES,
  HTTP_HEAD_IDLE_MS,
  HTTP_PIECE_BYTES,
} from "../../../shared/limits.ts";
import type { ByteReader } from "./byte-reader.ts";
import { HeadBudget, latin1, membersOf, readFields, valuesOf } from "./fields.ts";
import { HttpError } from "./http-error.ts";
import type { ResponseHead } from "./response-head.ts";

/** How the end of a content is known. */
export type Framing =
  | { type: "none" }
  | { type: "length"; length: number }
  | { type: "chunked" }
  /** Until the server closes the connection. */
  | { type: "close" };

const NO_CONTENT = 204;
const NOT_MODIFIED = 304;
const DIGITS = /^\d{1,15}$/;
/** A chunk's size; thirteen hexadecimal digits are exact in a number. */
const CHUNK_SIZE = /^0*([0-9a-fA-F]{1,13})[ \t]*(?:;.*)?$/;

/**
 * The message body length of RFC 9112, section 6.3.
 *
 * @throws HttpError `malformed` when lengths contradict each other, `unsupported` for transfer codings
 *   other than chunked
 */
export function framingOf(method: string, head: ResponseHead): Framing {
  const { status, fields } = head;
  if (method === "HEAD" || status === NO_CONTENT || status === NOT_MODIFIED)
    return { type: "none" };
  const codings = membersOf(fields, "transfer-encoding").filter((coding) => coding !== "identity");
  if (codings.length > 0) {
    if (codings.length === 1 && codings[0] === "chunked") return { type: "chunked" };
    throw new HttpError(
      "unsupported",
      `The server uses the transfer coding “${codings.join(", ")}”, which is not supported.`,
    );
  }
  const lengths = new Set(membersOf(fields, "content-length"));
  if (lengths.size === 0) {
    if (valuesOf(fields, "content-length").length > 0) throw badLength();
    return { type: "close" };
  }
  const [length = ""] = lengths;
  if (lengths.size > 1 || !DIGITS.test(length)) throw badLength();
  return { type: "length", length: Number(length) };
}

/** Whether the connection may be used again after such a content. */
export function endsByItself(framing: Framing, head: ResponseHead): boolean {
  if (framing.type === "close") return false;
  // A message with both could have been meant otherwise, and one of HTTP/1.0 has no chunks.
  const isDubious = head.minor === 0 || membersOf(head.fields, "content-length").length > 0;
  return framing.type !== "chunked" || !isDubious;
}

/**
 * The content, in pieces of at most {@link HTTP_PIECE_BYTES}. Done only when it is complete.
 *
 * @param idleMs how long a content whose end is announced may stand still, in milliseconds
 * @throws HttpError `incomplete`, `malformed`, `too-large`, `timed-out`; NetworkError
 */
export async function* readBody(
  reader: ByteReader,
  framing: Framing,
  idleMs = HTTP_BODY_IDLE_MS,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (framing.type === "length") yield* counted(reader, framing.length, idleMs);
  else if (framing.type === "chunked") yield* chunks(reader);
  else if (framing.type === "close") yield* rest(reader);
}

async function* counted(
  reader: ByteReader,
  length: number,
  idleMs: number | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  let left = length;
  while (left > 0) {
    const piece = await reader.read(Math.min(left, HTTP_PIECE_BYTES), idleMs);
    if (!piece) {
      throw new HttpError(
        "incomplete",
        `The server closed the connection ${left} bytes before the end that it had announced.`,
      );
    }
    left -= piece.length;
    yield piece;
  }
}

async function* rest(reader: ByteReader): AsyncGenerator<Uint8Array, void, undefined> {
  for (;;) {
    const piece = await reader.read(HTTP_PIECE_BYTES);
    if (!piece) return;
    yield piece;
  }
}

/** RFC 9112, section 7.1. Chunks may come whenever they like: events of a server do. */
async function* chunks(reader: ByteReader): AsyncGenerator<Uint8Array, void, undefined> {
  for (;;) {
    const line = await reader.line(HTTP_CHUNK_LINE_BYTES);
    if (!line)
      throw new HttpError("incomplete", "The server closed the connection between chunks.");
    const size = CHUNK_SIZE.exec(latin1(line))?.[1];
    if (size === undefined) throw new HttpError("malformed", "A chunk of the server has no size.");
    const length = Number.parseInt(size, 16);
    if (length === 0) break;
    yield* counted(reader, length, undefined);
    const end = await reader.line(HTTP_CHUNK_LINE_BYTES);
    if (end?.length !== 0) {
      throw new HttpError("malformed", "A chunk of the server is longer than it says.");
    }
  }
  // Trailer fields: read because they are part of the message, of no use to a page.
  await readFields(reader, new HeadBudget(), HTTP_HEAD_IDLE_MS);
}

function badLength(): HttpError {
  return new HttpError(
    "malformed",
    "The server says in two ways, or not in digits, how long its answer is.",
  );
}
