/** Time as the network's parts see it, so that tests can let hours pass. */
export interface Clock {
  /** Milliseconds since some moment; never goes back. */
  now(): number;
  /** Runs something later, once. @returns what takes it back */
  after(milliseconds: number, run: () => void): () => void;
}

export const realClock: Clock = {
  now: () => performance.now(),
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** One thing to be done later: setting it again moves it. */
export class Timer {
  readonly #clock: Clock;
  readonly #run: () => void;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, run: () => void) {
    this.#clock = clock;
    this.#run = run;
  }

  get isSet(): boolean {
    return this.#cancel !== undefined;
  }

  set(milliseconds: number): void {
    this.clear();
    this.#cancel = this.#clock.after(milliseconds, () => {
      this.#cancel = undefined;
      this.#run();
    });
  }

  clear(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
