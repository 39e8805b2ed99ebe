/**
 * Epochs: numbers that are others after each change of the tree that a mount of the guest does not know of.
 * The guest's kernel reads them from I/O ports, and keeps what it knows as long as they stay the same:
 * of the live mount names and attributes (images/kernel/9p-epoch.patch), of the system mount, which keeps
 * all else anyway, what is not there (9p-system.patch).
 *
 * They start anywhere, so that a snapshot does not take the tree of another day for its own. Everything
 * that happens in one task is one change: what the guest asks meanwhile is answered after it.
 */
import type { Mount } from "./contract.ts";
import type { Inode } from "./filesystem/inode.ts";

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

  /** Does work whose changes, as far as it makes them at once, do not count. */
  own<T>(work: () => T): T {
    this.isOwn = true;
    try {
      return work();
    } finally {
      this.isOwn = false;
    }
  }
}

/** One for each mount. */
export class Epochs {
  private readonly live = new Epoch();
  private readonly system = new Epoch();

  /** Tells somebody both, now and whenever one changes. */
  follow(tell: (mount: Mount, epoch: number) => void): void {
    this.live.follow((epoch) => tell("live", epoch));
    this.system.follow((epoch) => tell("system", epoch));
  }

  /** Something in the tree has changed. Names come and go with a change of their directory. */
  readonly changed = ({ isDirectory }: Inode): void => {
    this.live.changed();
    if (isDirectory) this.system.changed();
  };

  /**
   * Does work for a mount. What the guest changes through either the system mount knows of: it has no names
   * in common with the live one, but where a guest mounts one over the other by itself.
   */
  own<T>(mount: Mount, work: () => T): T {
    return this.system.own(() => (mount === "live" ? this.live.own(work) : work()));
  }
}

const WORDS: Record<Mount, number> = { live: 0, system: 1 };

/** The machine's view of them, in memory that both share. */
export class SharedEpochs {
  private readonly words: Uint32Array;

  constructor(memory: SharedArrayBuffer) {
    this.words = new Uint32Array(memory);
  }

  static makeMemory(): SharedArrayBuffer {
    return new SharedArrayBuffer(Object.keys(WORDS).length * Uint32Array.BYTES_PER_ELEMENT);
  }

  get(mount: Mount): number {
    return Atomics.load(this.words, WORDS[mount]);
  }

  set(mount: Mount, epoch: number): void {
    Atomics.store(this.words, WORDS[mount], epoch);
  }
}

function randomEpoch(): number {
  const [random = FIRST] = crypto.getRandomValues(new Uint32Array(1));
  return Math.min(Math.max(random, FIRST), LAST);
}
