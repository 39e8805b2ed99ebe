import { HTTP_HEAD_IDLE_MS, HTTP_HEAD_MS, HTTP_INTERIM_RESPONSES } from "../../../shared/limits.ts";
import { type ByteReader, within } from "./byte-reader.ts";
import { type Field, HeadBudget, isFieldValue, latin1, membersOf, readFields } from "./fields.ts";
import { HttpError } from "./http-error.ts";

/** The status line and fields of a response (RFC 9112, sections 4 and 5). */
export interface ResponseHead {
  /** The minor version: HTTP/1.0 or HTTP/1.1. */
  minor: 0 | 1;
  /** 100 to 599. */
  status: number;
  reason: string;
  fields: Field[];
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: (.*))?$/;
const SWITCHING_PROTOCOLS = 101;
const FINAL = 200;

/**
 * The head of the final response: interim ones before it are skipped (RFC 9110, section 15.2), but not
 * 101, after which another protocol is spoken.
 *
 * @param limits how long nothing may come, and how long it may take, in milliseconds
 * @returns undefined when the connection ended before its first byte
 * @throws HttpError `malformed`, `too-large`, `incomplete`, `timed-out`; NetworkError
 */
export function readResponseHead(
  reader: ByteReader,
  { idleMs = HTTP_HEAD_IDLE_MS, totalMs = HTTP_HEAD_MS } = {},
): Promise<ResponseHead | undefined> {
  return within(readHead(reader, idleMs), totalMs);
}

async function readHead(reader: ByteReader, idleMs: number): Promise<ResponseHead | undefined> {
  for (let interim = 0; interim <= HTTP_INTERIM_RESPONSES; interim += 1) {
    const begin = await reader.read(1, idleMs);
    if (!begin) {
      if (interim === 0) return undefined;
      throw new HttpError(
        "incomplete",
        "The server closed the connection after an interim response.",
      );
    }
    reader.unread(begin);
    const head = await readOne(reader, idleMs);
    if (head.status >= FINAL || head.status === SWITCHING_PROTOCOLS) return head;
  }
  throw new HttpError("too-large", "The server sent nothing but interim responses.");
}

async function readOne(reader: ByteReader, idleMs: number): Promise<ResponseHead> {
  const budget = new HeadBudget();
  let line = latin1(await budget.line(reader, idleMs));
  // Some servers end the message before with a line too many.
  if (line === "") line = latin1(await budget.line(reader, idleMs));
  const match = STATUS_LINE.exec(line);
  if (!match || !isFieldValue(line)) {
    throw new HttpError("malformed", "The server's answer does not begin as HTTP/1.1 does.");
  }
  const fields = await readFields(reader, budget, idleMs);
  const minor = match[1] === "0" ? 0 : 1;
  return { minor, status: Number(match[2]), reason: (match[3] ?? "").trim(), fields };
}

/** Whether the server lets the connection be used again (RFC 9112, section 9.3). */
export function isPersistent({ minor, fields }: ResponseHead): boolean {
  const options = membersOf(fields, "connection");
  if (options.includes("close")) return false;
  return minor === 1 || options.includes("keep-alive");
}
