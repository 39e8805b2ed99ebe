/** Time that passes when nothing else is left to do. */
import type { Clock } from "../../../../workers/kernel/network/clock.ts";

/** Far more than any test has. */
const MAX_STEPS = 200_000;

interface Event {
  at: number;
  order: number;
  run: () => void;
}

export class VirtualClock implements Clock {
  #now = 0;
  #order = 0;
  #steps = 0;
  readonly #events = new Set<Event>();

  /** Things that are to be done later. */
  get pending(): number {
    return this.#events.size;
  }

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, run: () => void): () => void {
    const event = { at: this.#now + milliseconds, order: this.#order++, run };
    this.#events.add(event);
    return () => this.#events.delete(event);
  }

  /** Lets time pass until a promise settles. @throws Error when nothing is left that could settle it */
  async until<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settled = () => {
      isSettled = true;
    };
    promise.then(settled, settled);
    for (;;) {
      await turns();
      if (isSettled) return promise;
      if (!this.#step()) {
        await new Promise(setImmediate);
        if (!isSettled && this.#events.size === 0) throw new Error("Nothing will happen any more.");
      }
    }
  }

  /** Lets so much time pass. */
  async pass(milliseconds: number): Promise<void> {
    await this.until(new Promise<void>((resolve) => this.after(milliseconds, resolve)));
  }

  /** Lets time pass until nothing is left to do. */
  async rest(): Promise<void> {
    do await turns();
    while (this.#step());
  }

  #step(): boolean {
    if (++this.#steps > MAX_STEPS) throw new Error("It does not come to rest.");
    let next: Event | undefined;
    for (const event of this.#events) {
      if (!next || event.at < next.at || (event.at === next.at && event.order < next.order)) {
        next = event;
      }
    }
    if (!next) return false;
    this.#events.delete(next);
    this.#now = Math.max(this.#now, next.at);
    next.run();
    return true;
  }
}

/** Lets what waits for promises go on. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) await null;
}
