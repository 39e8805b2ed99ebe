import { throwIfCancelled } from "./connection-pool.ts";

/** Holds the connection until it was read to its end, has failed, or was left. One read at a time. */
export interface HttpBody {
  /**
   * The next piece; undefined once the content is complete.
   *
   * @throws HttpError; NetworkError
   */
  read(): Promise<Uint8Array | undefined>;
  /** Leaves it: the connection is broken unless the content was complete. */
  cancel(): void;
}

/** Reads a content, and tells once when it was read to its end, failed, or was left. */
export class OwnedBody implements HttpBody {
  readonly #pieces: AsyncGenerator<Uint8Array, void, undefined>;
  readonly #done: (isComplete: boolean) => void;
  readonly #signal: AbortSignal | undefined;

  constructor(
    pieces: AsyncGenerator<Uint8Array, void, undefined>,
    done: (isComplete: boolean) => void,
    signal: AbortSignal | undefined,
  ) {
    this.#pieces = pieces;
    let isDone = false;
    this.#done = (isComplete) => {
      if (!isDone) done(isComplete);
      isDone = true;
    };
    this.#signal = signal;
  }

  async read(): Promise<Uint8Array | undefined> {
    try {
      const { value, done } = await this.#pieces.next();
      if (done) this.#done(true);
      return value ?? undefined;
    } catch (error) {
      this.#done(false);
      throwIfCancelled(this.#signal);
      throw error;
    }
  }

  cancel(): void {
    this.#done(false);
  }
}
