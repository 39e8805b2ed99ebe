/**
 * Reads bytes that a JavaScript module carries as text: Z85 (ZeroMQ RFC 32) of a brotli stream. The
 * module is searched, not executed.
 */
import { brotliDecompressSync } from "node:zlib";
import { TabnixError } from "../../../workers/shared/errors.ts";

const ALPHABET =
  "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
/** Digits of a group, and the bytes they stand for. */
const GROUP_DIGITS = 5;
const GROUP_BYTES = 4;
/** Text between two equal quotes. Z85 has neither quotes nor backslashes nor blanks. */
const LITERAL = /(?<=(["'`]))[0-9a-zA-Z.\-:+=^!/*?&<>()[\]{}@%$#]+(?=\1)/g;
/** Says how many of the decoded bytes count: Z85 stands for a multiple of four. */
const LENGTH = /\bcompressedByteLength\s*=\s*(\d+)/;

/**
 * The bytes that are the longest string of a module.
 *
 * @param where what to call the module in messages
 * @param maxBytes no more is unpacked
 * @throws TabnixError `invalid-input` if the module is not of this kind
 */
export function decodeZ85Brotli(
  source: Uint8Array,
  where: string,
  maxBytes: number,
): Uint8Array<ArrayBuffer> {
  const text = Buffer.from(source.buffer, source.byteOffset, source.byteLength).toString("utf8");
  let longest = "";
  for (const [literal] of text.matchAll(LITERAL)) {
    if (literal.length > longest.length) longest = literal;
  }
  const padded = decodeZ85(longest, where);
  const stated = LENGTH.exec(text)?.[1];
  if (stated === undefined) return unpackPadded(padded, where, maxBytes);
  const length = Number(stated);
  if (length > padded.length || length <= padded.length - GROUP_BYTES) {
    throw wrong(where, `states ${length} bytes but has ${padded.length}`);
  }
  return unpack(padded.subarray(0, length), where, maxBytes);
}

function decodeZ85(text: string, where: string): Buffer {
  if (text === "" || text.length % GROUP_DIGITS !== 0) throw wrong(where, "has no Z85 text");
  const bytes = Buffer.alloc((text.length / GROUP_DIGITS) * GROUP_BYTES);
  const values = new Map([...ALPHABET].map((digit, value) => [digit, value]));
  for (let at = 0, to = 0; at < text.length; at += GROUP_DIGITS, to += GROUP_BYTES) {
    let value = 0;
    for (const digit of text.slice(at, at + GROUP_DIGITS)) {
      value = value * ALPHABET.length + (values.get(digit) ?? 0);
    }
    if (value > 0xffff_ffff) throw wrong(where, "has a group that is not Z85");
    bytes.writeUInt32BE(value, to);
  }
  return bytes;
}

/** Not every version of the decoder takes a stream with something behind its end. */
function unpackPadded(bytes: Buffer, where: string, maxBytes: number): Uint8Array<ArrayBuffer> {
  for (let padding = 0; ; padding++) {
    try {
      return unpack(bytes.subarray(0, bytes.length - padding), where, maxBytes);
    } catch (error) {
      if (padding === GROUP_BYTES - 1) throw error;
    }
  }
}

function unpack(bytes: Buffer, where: string, maxOutputLength: number): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(brotliDecompressSync(bytes, { maxOutputLength }));
  } catch (error) {
    throw wrong(
      where,
      `has no brotli stream that unpacks to ${maxOutputLength} bytes or less`,
      error,
    );
  }
}

function wrong(where: string, what: string, cause?: unknown): TabnixError {
  const hint = 'Leave "unpack" out, or set "file" to the module that carries the program.';
  return new TabnixError("invalid-input", `${where} ${what}.`, hint, cause);
}
