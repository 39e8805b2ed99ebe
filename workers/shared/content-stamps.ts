/**
 * Counters of changes of files' contents, in memory that the kernel and its WASI workers share: who has
 * read a file can tell whether what he has is still right, without asking. Files share counters, by their
 * inode numbers, so that one may look changed that is not.
 */
import { CONTENT_STAMPS } from "./limits.ts";

export class ContentStamps {
  /** Undefined where memory cannot be shared. Then nobody can tell, and nothing is counted. */
  readonly memory: SharedArrayBuffer | undefined;
  private readonly counters: Int32Array | undefined;

  /** @param memory another's; its own by default */
  constructor(memory = makeMemory()) {
    this.memory = memory;
    this.counters = memory && new Int32Array(memory);
  }

  /** A file's content has changed. Call before anybody is told so. */
  raise(inodeNumber: number): void {
    if (this.counters) Atomics.add(this.counters, inodeNumber % CONTENT_STAMPS, 1);
  }

  /** Another number than before, if the content has changed. Read it before the content. */
  of(inodeNumber: number): number {
    return this.counters ? Atomics.load(this.counters, inodeNumber % CONTENT_STAMPS) : 0;
  }
}

function makeMemory(): SharedArrayBuffer | undefined {
  return typeof SharedArrayBuffer === "undefined"
    ? undefined
    : new SharedArrayBuffer(CONTENT_STAMPS * Int32Array.BYTES_PER_ELEMENT);
}
