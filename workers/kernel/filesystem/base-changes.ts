/**
 * Which inodes of the base are no longer as the base has them: one byte each, in memory that another
 * thread with a replica of the base may share. Marked after a change and before anybody is told that
 * it was made; never taken back.
 */
export class BaseChanges {
  /** What both threads get. */
  readonly memory: SharedArrayBuffer;
  private readonly marks: Uint8Array;

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.marks = new Uint8Array(memory);
  }

  /** None yet. */
  static of(baseInodes: number): BaseChanges {
    return new BaseChanges(new SharedArrayBuffer(baseInodes));
  }

  /** Numbers above those of the base are ignored. */
  mark(number: number): void {
    if (number <= this.marks.length) Atomics.store(this.marks, number - 1, 1);
  }

  /** @param number of an inode of the base */
  has(number: number): boolean {
    return Atomics.load(this.marks, number - 1) !== 0;
  }
}
