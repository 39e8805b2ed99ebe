/**
 * Names on Linux are bytes. The filesystem keeps each as a *byte string*: a JavaScript string with one
 * character (U+0000 to U+00FF) a byte, so that every name survives and compares bytewise. Text enters
 * and leaves through {@link toByteString} and {@link toText}; bytes that are not UTF-8 appear in text
 * as the lone surrogates U+DC80 to U+DCFF (PEP 383), so that the round trip is exact.
 */
import { byteStringOf } from "../../shared/bytes.ts";
import { MAX_NAME_BYTES } from "../../shared/limits.ts";
import { PosixError } from "./posix-error.ts";

/** One character a byte; see the head of this file. */
export type ByteString = string;

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const ESCAPE_BASE = 0xdc00;
const LONE_ESCAPE = /[\udc80-\udcff]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII is what it tests.
const ASCII = /^[\u0000-\u007f]*$/;

/** The bytes of a byte string. */
export function bytesOf(name: ByteString): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(name.length);
  for (let i = 0; i < name.length; i++) bytes[i] = name.charCodeAt(i);
  return bytes;
}

/** Text as UTF-8, with escaped bytes restored. */
export function toByteString(text: string): ByteString {
  if (ASCII.test(text)) return text;
  if (!LONE_ESCAPE.test(text)) return byteStringOf(encoder.encode(text));
  let name = "";
  for (const character of text) {
    name +=
      LONE_ESCAPE.test(character) && character.length === 1
        ? String.fromCharCode(character.charCodeAt(0) - ESCAPE_BASE)
        : byteStringOf(encoder.encode(character));
  }
  return name;
}

/** A name for people: UTF-8 decoded, bytes that are not UTF-8 escaped. */
export function toText(name: ByteString): string {
  if (ASCII.test(name)) return name;
  const bytes = bytesOf(name);
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return decodeEscaping(bytes);
  }
}

function decodeEscaping(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes[at] as number);
    try {
      if (length === 0) throw new TypeError("not the first byte of a sequence");
      text += strictDecoder.decode(bytes.subarray(at, at + length));
      at += length;
    } catch {
      text += String.fromCharCode(ESCAPE_BASE + (bytes[at] as number));
      at += 1;
    }
  }
  return text;
}

/** Length of the UTF-8 sequence that starts with this byte; 0 when none does. */
function sequenceLength(first: number): number {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first < 0xe0) return 2;
  if (first >= 0xe0 && first < 0xf0) return 3;
  return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

/**
 * Checks a name for a new directory entry.
 *
 * @throws PosixError ENAMETOOLONG, EINVAL for a slash, NUL or nothing, EEXIST for "." and ".."
 */
export function checkNewName(name: ByteString): void {
  if (name.length > MAX_NAME_BYTES) throw new PosixError("ENAMETOOLONG", toText(name));
  if (name === "." || name === "..") throw new PosixError("EEXIST", name);
  if (name === "" || name.includes("/") || name.includes("\0")) {
    throw new PosixError("EINVAL", `"${toText(name)}" is not a name`);
  }
}
