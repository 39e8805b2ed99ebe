/** The memory that all connections have together for what is on its way to destinations. */

export class Budget {
  readonly #most: number;
  #used = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Bytes that wait now. */
  get used(): number {
    return this.#used;
  }

  /** Whether connections that have much should wait. */
  get over(): boolean {
    return this.#used > this.#most;
  }

  /** Notes that so many bytes more, or fewer, wait. */
  add(bytes: number): void {
    this.#used += bytes;
  }
}
