import { PREVIEW_WINDOW_PIECES } from "../../../shared/limits.ts";
import { HttpError } from "../http/http-error.ts";

/** A content that comes in pieces over a port; asks for more as it is read. */
export class ArrivingBody implements AsyncIterable<Uint8Array> {
  readonly #askForMore: (pieces: number) => void;
  readonly #pieces: Uint8Array[] = [];
  #isComplete = false;
  #failure: unknown;
  #wake: () => void = () => {};
  /** Pieces that were asked for and have not come. */
  #expected = 0;

  /** @param askForMore tells the other side how many pieces more may come */
  constructor(askForMore: (pieces: number) => void) {
    this.#askForMore = askForMore;
  }

  /** A piece has come. One that nobody asked for ends it. */
  push(bytes: Uint8Array): void {
    if (this.#expected <= 0) {
      this.fail(new HttpError("too-large", "More was sent than was asked for."));
      return;
    }
    this.#expected -= 1;
    this.#pieces.push(bytes);
    this.#wake();
  }

  /** Everything has come. */
  complete(): void {
    this.#isComplete = true;
    this.#wake();
  }

  /** Nothing more comes; reading throws this. */
  fail(error: unknown): void {
    this.#failure ??= error;
    this.#pieces.length = 0;
    this.#wake();
  }

  /** The next piece; undefined after the last. @throws what it failed with */
  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const piece = this.#pieces.shift();
      if (piece) return piece;
      if (this.#isComplete) return undefined;
      const missing = PREVIEW_WINDOW_PIECES - this.#expected;
      if (missing > PREVIEW_WINDOW_PIECES / 2) {
        this.#expected += missing;
        this.#askForMore(missing);
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const piece = await this.read();
      if (!piece) return;
      yield piece;
    }
  }
}
