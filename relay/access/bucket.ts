/** A token bucket: so many bytes a second, and some more at once. */

export class Bucket {
  readonly #rate: number;
  readonly #burst: number;
  readonly #now: () => number;
  #left: number;
  #at: number;

  /**
   * @param rate bytes a second; Infinity for no limit
   * @param burst bytes at once after a rest
   * @param now milliseconds of any clock that does not jump
   */
  constructor(rate: number, burst: number, now: () => number = () => performance.now()) {
    this.#rate = rate;
    this.#burst = burst;
    this.#now = now;
    this.#left = burst;
    this.#at = now();
  }

  /** Whether it is as full as at first, so that nobody would miss it. */
  get full(): boolean {
    this.#fill();
    return this.#left >= this.#burst;
  }

  /**
   * Takes bytes, more than there are if need be.
   *
   * @returns how long to wait before the next, in milliseconds
   */
  spend(bytes: number): number {
    if (!Number.isFinite(this.#rate)) return 0;
    this.#fill();
    this.#left -= bytes;
    return this.#left >= 0 ? 0 : Math.ceil((-this.#left / this.#rate) * 1000);
  }

  #fill(): void {
    if (!Number.isFinite(this.#rate)) return;
    const now = this.#now();
    this.#left = Math.min(this.#burst, this.#left + ((now - this.#at) / 1000) * this.#rate);
    this.#at = now;
  }
}
