/**
 * A module's memory. Everything the module says about it may be wrong: whatever lies outside is EFAULT.
 * Views are good until the module goes on, which may let the memory grow.
 */
import { bytesOf, toByteString, toText } from "../kernel/filesystem/names.ts";
import { byteStringOf } from "../shared/bytes.ts";
import { WasiError } from "./errno.ts";

/** Of an iovec: u32 pointer, u32 length. */
const VECTOR_BYTES = 8;

export class Memory {
  private memory: WebAssembly.Memory | undefined;
  private whole = new Uint8Array(0);
  private view = new DataView(this.whole.buffer);

  /** Call when the module has been instantiated. Before that no address is valid. */
  attach(memory: WebAssembly.Memory): void {
    this.memory = memory;
  }

  /** A view. */
  bytes(pointer: number, length: number): Uint8Array<ArrayBuffer> {
    this.check(pointer, length);
    return this.whole.subarray(pointer, pointer + length);
  }

  /** A path or another name, which has no NUL at its end. */
  text(pointer: number, length: number): string {
    return toText(byteStringOf(this.bytes(pointer, length)));
  }

  /** The pieces that an array of iovecs stands for. */
  vectors(pointer: number, count: number): Uint8Array<ArrayBuffer>[] {
    this.check(pointer, count * VECTOR_BYTES);
    return Array.from({ length: count }, (_, i) => {
      const at = pointer + i * VECTOR_BYTES;
      return this.bytes(this.view.getUint32(at, true), this.view.getUint32(at + 4, true));
    });
  }

  u8(pointer: number): number {
    return this.at(pointer, 1).getUint8(pointer);
  }

  u16(pointer: number): number {
    return this.at(pointer, 2).getUint16(pointer, true);
  }

  u32(pointer: number): number {
    return this.at(pointer, 4).getUint32(pointer, true);
  }

  u64(pointer: number): bigint {
    return this.at(pointer, 8).getBigUint64(pointer, true);
  }

  setU32(pointer: number, value: number): void {
    this.at(pointer, 4).setUint32(pointer, value, true);
  }

  setU64(pointer: number, value: bigint): void {
    this.at(pointer, 8).setBigUint64(pointer, value, true);
  }

  /** A structure to fill: zeros. */
  structure(pointer: number, length: number): DataView {
    const bytes = this.bytes(pointer, length).fill(0);
    return new DataView(bytes.buffer, bytes.byteOffset, length);
  }

  private at(pointer: number, length: number): DataView {
    this.check(pointer, length);
    return this.view;
  }

  private check(pointer: number, length: number): void {
    const buffer = this.memory?.buffer;
    // A memory that has grown has another buffer.
    if (buffer && this.whole.buffer !== buffer) {
      this.whole = new Uint8Array(buffer);
      this.view = new DataView(buffer);
    }
    if (pointer + length <= this.whole.length) return;
    if (!this.hasGrownElsewhere()) throw new WasiError("EFAULT");
    this.check(pointer, length);
  }

  /** Whether another thread has let the memory grow: this one may not have been told yet. */
  private hasGrownElsewhere(): boolean {
    if (!this.memory || !isShared(this.memory.buffer)) return false;
    this.memory.grow(0);
    return this.memory.buffer.byteLength > this.whole.length;
  }
}

/** Whether memory is shared, which what is written for memory of one thread does not take. */
export function isShared(buffer: ArrayBufferLike): boolean {
  return typeof SharedArrayBuffer !== "undefined" && buffer instanceof SharedArrayBuffer;
}

/** The bytes that a text of the kernel's stands for. */
export function textBytes(text: string): Uint8Array<ArrayBuffer> {
  return bytesOf(toByteString(text));
}

/** Bytes of all pieces. */
export function totalLength(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

/** Views of `length` bytes from `start` on in what the pieces are together. */
export function within(pieces: readonly Uint8Array[], start: number, length: number): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let skip = start;
  let rest = length;
  for (const piece of pieces) {
    if (rest === 0) break;
    const part = piece.subarray(skip, skip + rest);
    skip = Math.max(0, skip - piece.length);
    rest -= part.length;
    if (part.length > 0) parts.push(part);
  }
  return parts;
}
