/**
 * Puts a tag at the beginning of an HTML document while it streams by. Works on bytes, so that no
 * character set can be broken: everything it looks for is ASCII, or ASCII in UTF-16.
 */
import { PREVIEW_HTML_PREFIX_BYTES } from "../shared/limits.ts";

/** How the document's first characters are written. */
interface Units {
  /** Bytes of the byte order mark. */
  mark: number;
  /** Bytes of an ASCII character. */
  width: 1 | 2;
  isBigEndian: boolean;
}

const SPACE = /[\t\n\f\r ]/;
const DOCTYPE = "<!doctype";
const COMMENT = "<!--";
/** The byte order mark of UTF-8 is the longest. */
const MAX_MARK_BYTES = 3;

/** @param tag ASCII @param charset of the Content-Type; empty if it says none */
export function injectTag(
  tag: string,
  charset: string,
): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let held: Uint8Array<ArrayBuffer> | undefined = new Uint8Array(0);
  const place = (isComplete: boolean, controller: TransformStreamDefaultController) => {
    if (!held) return;
    const units = unitsOf(held, charset);
    const at =
      held.length >= MAX_MARK_BYTES || isComplete ? placeIn(held, units, isComplete) : undefined;
    if (at === undefined && !isComplete && held.length < PREVIEW_HTML_PREFIX_BYTES) return;
    const point = at ?? 0;
    // Without a place, the page goes without the script rather than with a broken beginning.
    const bytes = at === undefined ? new Uint8Array(0) : written(tag, units);
    for (const part of [held.subarray(0, point), bytes, held.subarray(point)]) {
      if (part.length > 0) controller.enqueue(part);
    }
    held = undefined;
  };
  return new TransformStream({
    transform(chunk, controller) {
      if (!held) {
        controller.enqueue(chunk);
        return;
      }
      const both = new Uint8Array(held.length + chunk.length);
      both.set(held);
      both.set(chunk, held.length);
      held = both;
      place(false, controller);
    },
    flush(controller) {
      place(true, controller);
    },
  });
}

/**
 * Where the first thing is that is neither a space, a comment nor the doctype, in bytes: a script there
 * is the first of the document, and the doctype still counts.
 *
 * @returns undefined when more bytes are needed to tell
 */
function placeIn(bytes: Uint8Array, units: Units, isComplete: boolean): number | undefined {
  const text = asciiOf(bytes, units);
  let at = 0;
  for (;;) {
    while (at < text.length && SPACE.test(text[at]!)) at += 1;
    const rest = text.slice(at, at + DOCTYPE.length).toLowerCase();
    let end: string;
    if (rest.startsWith(COMMENT)) end = "-->";
    else if (rest === DOCTYPE || rest.startsWith("<?")) end = ">";
    else if (!isComplete && (COMMENT.startsWith(rest) || DOCTYPE.startsWith(rest)))
      return undefined;
    else return units.mark + at * units.width;
    const found = text.indexOf(end, at + (end === ">" ? 0 : COMMENT.length));
    if (found < 0) return undefined;
    at = found + end.length;
  }
}

function unitsOf([a, b, c]: Uint8Array, charset: string): Units {
  if (a === 0xff && b === 0xfe) return { mark: 2, width: 2, isBigEndian: false };
  if (a === 0xfe && b === 0xff) return { mark: 2, width: 2, isBigEndian: true };
  if (a === 0xef && b === 0xbb && c === 0xbf) return { mark: 3, width: 1, isBigEndian: false };
  const width = /^utf-?16(le|be)?$/i.test(charset) ? 2 : 1;
  return { mark: 0, width, isBigEndian: /be$/i.test(charset) };
}

function asciiOf(bytes: Uint8Array, { mark, width, isBigEndian }: Units): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let text = "";
  for (let at = mark; at + width <= bytes.length; at += width) {
    const code = width === 1 ? bytes[at]! : view.getUint16(at, !isBigEndian);
    text += String.fromCharCode(code);
  }
  return text;
}

function written(tag: string, { width, isBigEndian }: Units): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(tag.length * width);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < tag.length; i += 1) {
    if (width === 1) view.setUint8(i, tag.charCodeAt(i));
    else view.setUint16(i * width, tag.charCodeAt(i), !isBigEndian);
  }
  return bytes;
}
