/** What a peer allows to be sent: packets for WISP, bytes for the ingress and for stream control. */
import type { NetworkError } from "../byte-stream.ts";

/** No wire format can give more, and sums stay exact. */
const MAX_CREDIT = Number.MAX_SAFE_INTEGER / 2;

/** One waiter at a time. */
export class Credit {
  #left: number;
  #error: NetworkError | undefined;
  #wake: (() => void) | undefined;

  /** @param left what is allowed at first; Infinity for a peer that does not count */
  constructor(left: number) {
    this.#left = left;
  }

  /** What is left. */
  get left(): number {
    return this.#left;
  }

  /** Allows so much more. */
  add(amount: number): void {
    this.set(Math.min(this.#left + amount, MAX_CREDIT));
  }

  /** Allows so much from now on, whatever was left (WISP's CONTINUE). */
  set(amount: number): void {
    this.#left = amount;
    if (this.#left > 0) this.#wakeUp();
  }

  /** Ends all waiting with an error. */
  fail(error: NetworkError): void {
    this.#error ??= error;
    this.#wakeUp();
  }

  /**
   * Takes as much as there is, `most` at most, and waits while there is nothing.
   *
   * @throws NetworkError when the stream broke meanwhile
   */
  async take(most: number): Promise<number> {
    while (this.#left <= 0 && !this.#error) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#error) throw this.#error;
    const taken = Math.min(most, this.#left);
    this.#left -= taken;
    return taken;
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
