/**
 * Reading and writing little-endian binary documents and messages. Strings are byte strings: one
 * character a byte, U+0000 to U+00FF (see workers/kernel/filesystem/names.ts).
 */

const TWO_32 = 2 ** 32;

/** Characters converted by one call of String.fromCharCode: far below every engine's stack limit. */
const STRING_PIECE = 4096;

/** The byte string of some bytes. */
export function byteStringOf(bytes: Uint8Array): string {
  if (bytes.length <= STRING_PIECE)
    return String.fromCharCode.apply(null, bytes as unknown as number[]);
  let text = "";
  for (let start = 0; start < bytes.length; start += STRING_PIECE) {
    text += byteStringOf(bytes.subarray(start, start + STRING_PIECE));
  }
  return text;
}

/** The same bytes, in memory of their own. Node's Buffer has a `slice` that copies nothing. */
export function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

const HEX_DIGITS = new TextEncoder().encode("0123456789abcdef");

/** Lower-case hexadecimal digits of some bytes. */
export function hexOf(bytes: Uint8Array): string {
  const digits = new Uint8Array(bytes.length * 2);
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    digits[i * 2] = HEX_DIGITS[byte >>> 4] as number;
    digits[i * 2 + 1] = HEX_DIGITS[byte & 0xf] as number;
  }
  return byteStringOf(digits);
}

/** Reads fields one after the other; reading past the end calls {@link fail}. */
export abstract class ByteReader {
  protected bytes: Uint8Array;
  protected position = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Throws the error that a broken document of this kind deserves. */
  protected abstract fail(reason: string): never;

  /** Bytes not read yet. */
  get remaining(): number {
    return this.bytes.length - this.position;
  }

  u8(): number {
    return this.bytes[this.advance(1)] as number;
  }

  u16(): number {
    const at = this.advance(2);
    return (this.bytes[at] as number) | ((this.bytes[at + 1] as number) << 8);
  }

  u32(): number {
    return this.word(this.advance(4)) >>> 0;
  }

  /** Above 2^53 the value is rounded. */
  u64(): number {
    const at = this.advance(8);
    return (this.word(at) >>> 0) + (this.word(at + 4) >>> 0) * TWO_32;
  }

  /** Signed, two's complement; beyond ±2^53 the value is rounded. */
  i64(): number {
    const at = this.advance(8);
    return (this.word(at) >>> 0) + this.word(at + 4) * TWO_32;
  }

  /** Unsigned LEB128, at most 2^53 - 1. */
  varint(): number {
    const first = this.u8();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let scale = 128; scale < TWO_32 * TWO_32; scale *= 128) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (!Number.isSafeInteger(value)) break;
        return value;
      }
    }
    return this.fail("a number is too large");
  }

  /** A varint in zigzag form: 0, -1, 1, -2… */
  signedVarint(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** The next `length` bytes: a view, not a copy. */
  take(length: number): Uint8Array {
    const at = this.advance(length);
    return this.bytes.subarray(at, at + length);
  }

  /** A byte string behind its 16-bit length: 9P's string. */
  string16(): string {
    return byteStringOf(this.take(this.u16()));
  }

  /** A byte string behind its length as a varint. */
  string(): string {
    return byteStringOf(this.take(this.varint()));
  }

  /** A count of things that take at least one byte each, so that it cannot exceed what is left. */
  count(): number {
    const count = this.varint();
    if (count > this.remaining) this.fail("a count is larger than the document");
    return count;
  }

  private advance(length: number): number {
    const at = this.position;
    if (length > this.bytes.length - at) this.fail("it ends too soon");
    this.position = at + length;
    return at;
  }

  private word(at: number): number {
    const { bytes } = this;
    return (
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)
    );
  }
}

/** Writes fields one after the other into a buffer that grows. */
export class ByteWriter {
  protected bytes: Uint8Array<ArrayBuffer>;
  /** Bytes written so far. */
  length = 0;

  constructor(capacity = 1024) {
    this.bytes = new Uint8Array(capacity);
  }

  u8(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  u16(value: number): void {
    this.reserve(2);
    this.bytes[this.length++] = value;
    this.bytes[this.length++] = value >>> 8;
  }

  u32(value: number): void {
    this.reserve(4);
    this.putWord(this.length, value);
    this.length += 4;
  }

  /** Also for negative numbers, as two's complement. */
  u64(value: number): void {
    this.reserve(8);
    this.putWord(this.length, value);
    this.putWord(this.length + 4, Math.floor(value / TWO_32));
    this.length += 8;
  }

  varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.u8((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.u8(rest);
  }

  signedVarint(value: number): void {
    this.varint(value >= 0 ? value * 2 : -value * 2 - 1);
  }

  append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Characters of a byte string, without a length. */
  characters(text: string): void {
    this.reserve(text.length);
    for (let i = 0; i < text.length; i++) this.bytes[this.length++] = text.charCodeAt(i);
  }

  string16(text: string): void {
    this.u16(text.length);
    this.characters(text);
  }

  string(text: string): void {
    this.varint(text.length);
    this.characters(text);
  }

  /** Overwrites two bytes written before. */
  patchU16(at: number, value: number): void {
    this.bytes[at] = value;
    this.bytes[at + 1] = value >>> 8;
  }

  /** Overwrites four bytes written before. */
  patchU32(at: number, value: number): void {
    this.putWord(at, value);
  }

  /** Forgets what was written and keeps the buffer. */
  reset(): void {
    this.length = 0;
  }

  /** A copy of what was written. */
  toBytes(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.length);
  }

  private reserve(extra: number): void {
    const needed = this.length + extra;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  private putWord(at: number, value: number): void {
    const { bytes } = this;
    bytes[at] = value;
    bytes[at + 1] = value >>> 8;
    bytes[at + 2] = value >>> 16;
    bytes[at + 3] = value >>> 24;
  }
}
