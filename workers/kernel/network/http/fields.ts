import { HTTP_HEAD_BYTES, HTTP_HEAD_FIELDS } from "../../../shared/limits.ts";
import type { ByteReader } from "./byte-reader.ts";
import { HttpError } from "./http-error.ts";

/** A field name in lower case and its value (RFC 9110, section 5); bytes above 0x7f are ISO 8859-1. */
export type Field = readonly [name: string, value: string];

/** RFC 9110, section 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const LATIN1 = new TextDecoder("latin1");
const SP = 0x20;
const HTAB = 0x09;

/** Whether a text may be a field name or a method. */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** Whether a text may be a field value: no control characters but tabs, and nothing above 0xff. */
export function isFieldValue(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code > 0xff || code === 0x7f || (code < SP && code !== HTAB)) return false;
  }
  return true;
}

/** The values of a field, one for each line that has it. @param name in lower case */
export function valuesOf(fields: readonly Field[], name: string): string[] {
  return fields.filter(([other]) => other === name).map(([, value]) => value);
}

/** The members of a field that is a list (RFC 9110, section 5.6.1), in lower case. */
export function membersOf(fields: readonly Field[], name: string): string[] {
  return valuesOf(fields, name)
    .flatMap((value) => value.split(","))
    .map((member) => member.trim().toLowerCase())
    .filter((member) => member !== "");
}

/** Text of bytes as fields have it. */
export function latin1(bytes: Uint8Array): string {
  // The label means windows-1252 to a TextDecoder, which differs between 0x80 and 0x9f.
  if (bytes.every((byte) => byte < 0x80)) return LATIN1.decode(bytes);
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

/** How many more bytes a head may have. */
export class HeadBudget {
  #left = HTTP_HEAD_BYTES;

  /** The next line. @throws HttpError `too-large`, `incomplete` */
  async line(reader: ByteReader, idleMs: number): Promise<Uint8Array> {
    const line = await reader.line(this.#left, idleMs);
    if (!line) throw new HttpError("incomplete", "The server closed the connection too early.");
    // Its end counts too, so that endless empty lines do not go for nothing.
    this.#left -= line.length + 1;
    if (this.#left < 0) throw headTooLarge();
    return line;
  }
}

/**
 * Field lines up to the empty line that ends them (RFC 9112, section 5). A line that continues the one
 * before (obs-fold) is joined with it by a space, as section 5.2 has it for user agents.
 *
 * @throws HttpError `too-large`, `malformed`, `incomplete`
 */
export async function readFields(
  reader: ByteReader,
  budget: HeadBudget,
  idleMs: number,
): Promise<Field[]> {
  const fields: [string, string][] = [];
  for (;;) {
    const line = await budget.line(reader, idleMs);
    if (line.length === 0) return fields;
    const text = latin1(line);
    if (line[0] === SP || line[0] === HTAB) {
      const last = fields.at(-1);
      if (!last) throw new HttpError("malformed", "The first field of the server has no name.");
      last[1] = checked(`${last[1]} ${trimmed(text)}`.trim());
    } else {
      fields.push(fieldOf(text));
    }
    if (fields.length > HTTP_HEAD_FIELDS) throw headTooLarge();
  }
}

function fieldOf(line: string): [string, string] {
  const colon = line.indexOf(":");
  // Space before the colon has been used for smuggling: recipients of responses take it away.
  const name = trimmed(line.slice(0, Math.max(colon, 0)));
  if (!isToken(name)) {
    throw new HttpError("malformed", "A line of the server's head is not a field.");
  }
  return [name.toLowerCase(), checked(trimmed(line.slice(colon + 1)))];
}

function checked(value: string): string {
  if (!isFieldValue(value)) {
    throw new HttpError("malformed", "A field of the server has a control character in it.");
  }
  return value;
}

function trimmed(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, "");
}

function headTooLarge(): HttpError {
  return new HttpError(
    "too-large",
    `The head of the server's response has more than ${HTTP_HEAD_BYTES / 1024} KiB or ${HTTP_HEAD_FIELDS} fields.`,
  );
}
