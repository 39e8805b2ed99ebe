/**
 * A number that is another one after each change of the tree that the guest's live mount has not made.
 * The guest's kernel reads it from an I/O port, and keeps what it knows of names and attributes as long
 * as it stays the same: images/kernel/9p-epoch.patch.
 *
 * It starts anywhere, so that a snapshot does not take the tree of another day for its own. Everything
 * that happens in one task is one change: what the guest asks meanwhile is answered after it.
 */
/** 0 is no epoch, all ones are a port that nobody answers for. */
const FIRST = 1;
const LAST = 0xffff_fffe;

export class Epoch {
  private value = randomEpoch();
  private isOwn = false;
  private isRaised = false;
  private tell: (epoch: number) => void = () => {};

  /** Tells somebody the epoch, now and whenever it changes. */
  follow(tell: (epoch: number) => void): void {
    this.tell = tell;
    tell(this.value);
  }

  /** The tree has changed. */
  readonly changed = (): void => {
    if (this.isOwn || this.isRaised) return;
    this.isRaised = true;
    queueMicrotask(() => {
      this.isRaised = false;
    });
    this.value = this.value === LAST ? FIRST : this.value + 1;
    this.tell(this.value);
  };

  /** Does work whose changes, as far as it makes them at once, are those of the live mount. */
  own<T>(work: () => T): T {
    this.isOwn = true;
    try {
      return work();
    } finally {
      this.isOwn = false;
    }
  }
}

/** The machine's view of it, in memory that both share. */
export class SharedEpoch {
  private readonly words: Uint32Array;

  constructor(memory: SharedArrayBuffer) {
    this.words = new Uint32Array(memory);
  }

  static makeMemory(): SharedArrayBuffer {
    return new SharedArrayBuffer(Uint32Array.BYTES_PER_ELEMENT);
  }

  get value(): number {
    return Atomics.load(this.words, 0);
  }

  set value(epoch: number) {
    Atomics.store(this.words, 0, epoch);
  }
}

function randomEpoch(): number {
  const [random = FIRST] = crypto.getRandomValues(new Uint32Array(1));
  return Math.min(Math.max(random, FIRST), LAST);
}
