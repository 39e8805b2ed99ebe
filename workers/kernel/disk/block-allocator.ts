/**
 * Which blocks of a disk's data file are in use. What the last commit refers to must survive until the
 * next one is durable: such a block is not written in place, and once dropped it is free only then.
 */

/** A stretch of blocks. */
export interface Run {
  first: number;
  count: number;
}

const FREE = 0;
/** Taken since the last commit: no commit refers to it. */
const FRESH = 1;
/** A commit refers to it. */
const KEPT = 2;
/** Only commits of the past refer to it. */
const DROPPED = 3;

export class BlockAllocator {
  /** By block; grows at the end. */
  private states: Uint8Array;
  /** Blocks of the file, free ones included. */
  private end = 0;
  private taken = 0;
  /** Where the search for free blocks goes on. */
  private cursor = 0;
  private free = 0;
  private fresh: Run[] = [];
  private dropped: Run[] = [];

  constructor() {
    this.states = new Uint8Array(1024);
  }

  /** Blocks that are not free, those included that wait for a commit to become so. */
  get used(): number {
    return this.taken;
  }

  /** Blocks that the file needs. */
  get length(): number {
    return this.end;
  }

  /** Tells that a commit refers to these blocks: when a disk is opened. @returns false if one is taken */
  keep({ first, count }: Run): boolean {
    this.grow(first + count);
    for (let block = first; block < first + count; block++) {
      if (this.states[block] !== FREE) return false;
      this.states[block] = KEPT;
    }
    this.taken += count;
    this.free -= count;
    return true;
  }

  /** Takes up to `wanted` blocks in a row: free ones, else new ones at the end. */
  allocate(wanted: number): Run {
    const run = this.free > 0 ? this.find(wanted) : undefined;
    const taken = run ?? { first: this.end, count: wanted };
    this.grow(taken.first + taken.count);
    this.states.fill(FRESH, taken.first, taken.first + taken.count);
    this.taken += taken.count;
    this.free -= taken.count;
    this.cursor = taken.first + taken.count;
    this.fresh.push(taken);
    return taken;
  }

  /** Whether the block may be written in place. */
  isFresh(block: number): boolean {
    return this.states[block] === FRESH;
  }

  /** Gives a block back. */
  release(block: number): void {
    if (this.states[block] === FRESH) {
      this.states[block] = FREE;
      this.taken -= 1;
      this.free += 1;
    } else if (this.states[block] === KEPT) {
      this.states[block] = DROPPED;
      this.dropped.push({ first: block, count: 1 });
    }
  }

  /**
   * A commit begins: it refers to all that is taken. @returns call it when the commit is durable; what
   * it no longer refers to is free then
   */
  beginCommit(): () => void {
    for (const { first, count } of this.fresh) {
      for (let block = first; block < first + count; block++) {
        if (this.states[block] === FRESH) this.states[block] = KEPT;
      }
    }
    this.fresh = [];
    const { dropped } = this;
    this.dropped = [];
    return () => {
      for (const { first } of dropped) this.states[first] = FREE;
      this.taken -= dropped.length;
      this.free += dropped.length;
    };
  }

  /** Forgets free blocks at the end. */
  trim(): void {
    const before = this.end;
    while (this.end > 0 && this.states[this.end - 1] === FREE) this.end -= 1;
    this.free -= before - this.end;
    this.cursor = Math.min(this.cursor, this.end);
  }

  /** The next free blocks from the cursor, around the end. */
  private find(wanted: number): Run | undefined {
    const first = this.nextFree(this.cursor, this.end) ?? this.nextFree(0, this.cursor);
    if (first === undefined) return undefined;
    let count = 1;
    while (count < wanted && first + count < this.end && this.states[first + count] === FREE) {
      count += 1;
    }
    return { first, count };
  }

  private nextFree(from: number, to: number): number | undefined {
    const at = this.states.subarray(0, to).indexOf(FREE, from);
    return at === -1 ? undefined : at;
  }

  private grow(end: number): void {
    if (end > this.states.length) {
      const grown = new Uint8Array(Math.max(end, this.states.length * 2));
      grown.set(this.states);
      this.states = grown;
    }
    if (end > this.end) {
      this.free += end - this.end;
      this.end = end;
    }
  }
}
