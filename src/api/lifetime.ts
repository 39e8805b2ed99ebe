/** How long something may be waited for: until it is done, its caller gives up, or the sandbox is closed. */
import { TabnixError } from "../../workers/shared/errors.ts";

export class Lifetime {
  readonly #closing = new AbortController();

  get isOver(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Whatever waits within it fails with `closed`. */
  end(): void {
    this.#closing.abort(
      new TabnixError("closed", "The sandbox is closed.", "Create another one to go on."),
    );
  }

  /** @throws TabnixError `closed` */
  check(): void {
    this.#closing.signal.throwIfAborted();
  }

  /** A signal that ends with this, and with the caller's. */
  signal(...others: (AbortSignal | undefined)[]): AbortSignal {
    return AbortSignal.any([this.#closing.signal, ...others.filter((one) => one !== undefined)]);
  }

  /**
   * Does something with such a signal.
   *
   * @throws TabnixError `closed`; the signal's reason; what `work` throws
   */
  async within<T>(
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const both = this.signal(signal);
    both.throwIfAborted();
    return untilAborted(work(both), both);
  }
}

/** The promise's outcome, or the signal's reason if that comes first. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
