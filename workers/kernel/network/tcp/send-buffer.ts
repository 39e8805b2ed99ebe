/** Bytes that were written and not yet acknowledged, in a ring that grows up to its bound and shrinks when empty. */
const SMALLEST_RING = 4096;
const NOTHING = new Uint8Array(0);

export class SendBuffer {
  readonly #capacity: number;
  #ring = NOTHING;
  #start = 0;
  #length = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get length(): number {
    return this.#length;
  }

  get room(): number {
    return this.#capacity - this.#length;
  }

  /** Takes as many of the bytes as there is room for. @returns how many */
  append(bytes: Uint8Array): number {
    const count = Math.min(bytes.length, this.room);
    this.#grow(this.#length + count);
    const at = this.#index(this.#length);
    const first = Math.min(count, this.#ring.length - at);
    this.#ring.set(bytes.subarray(0, first), at);
    this.#ring.set(bytes.subarray(first, count), 0);
    this.#length += count;
    return count;
  }

  /** Copies bytes from `offset` on, which must be there. */
  copyTo(offset: number, count: number, target: Uint8Array, to: number): void {
    const at = this.#index(offset);
    const first = Math.min(count, this.#ring.length - at);
    target.set(this.#ring.subarray(at, at + first), to);
    target.set(this.#ring.subarray(0, count - first), to + first);
  }

  /** Forgets the first bytes. */
  drop(count: number): void {
    this.#length -= count;
    if (this.#length === 0) this.clear();
    else this.#start = this.#index(count);
  }

  clear(): void {
    this.#ring = NOTHING;
    this.#start = 0;
    this.#length = 0;
  }

  #index(offset: number): number {
    return this.#ring.length === 0 ? 0 : (this.#start + offset) % this.#ring.length;
  }

  #grow(needed: number): void {
    if (needed <= this.#ring.length) return;
    let size = Math.max(SMALLEST_RING, this.#ring.length);
    while (size < needed) size *= 2;
    const ring = new Uint8Array(size);
    this.copyTo(0, this.#length, ring, 0);
    this.#ring = ring;
    this.#start = 0;
  }
}
