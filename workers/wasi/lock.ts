/** A lock that threads wait for, in a word of memory that they share. It is not for one thread to take twice. */

const FREE = 0;
const TAKEN = 1;

/** Waits until the word is free, and takes it. Memory of one thread alone is never waited for. */
export function lock(words: Int32Array, at: number): void {
  while (Atomics.compareExchange(words, at, FREE, TAKEN) !== FREE) Atomics.wait(words, at, TAKEN);
}

/** Lets the next thread have it. */
export function unlock(words: Int32Array, at: number): void {
  Atomics.store(words, at, FREE);
  Atomics.notify(words, at, 1);
}
