/** How many pieces the other side is ready for. */
export class Credit {
  #pieces: number;
  #waiting: (() => void) | undefined;
  #isClosed = false;

  constructor(pieces = 0) {
    this.#pieces = pieces;
  }

  /** The other side is ready for so many more. Anything but a positive number is nothing. */
  grant(pieces: number): void {
    if (!(pieces > 0)) return;
    this.#pieces += pieces;
    this.#waiting?.();
  }

  /** Waits for one piece's worth and takes it. @returns false when it was closed; one wait at a time */
  async take(): Promise<boolean> {
    while (this.#pieces < 1 && !this.#isClosed) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
    this.#pieces -= 1;
    return !this.#isClosed;
  }

  /** Nothing more may be sent. */
  close(): void {
    this.#isClosed = true;
    this.#waiting?.();
  }
}
