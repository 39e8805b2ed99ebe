/** The receiving side of flow control by bytes. */

/** Counts what a peer may still send, and says when it should be told of more. */
export class ReceiveWindow {
  readonly #size: number;
  #left: number;
  #owed = 0;

  /** @param size bytes that the peer may be ahead of the reader */
  constructor(size: number) {
    this.#size = size;
    this.#left = size;
  }

  /** Notes what has come; false when the peer was not allowed to send that much. */
  receive(bytes: number): boolean {
    this.#left -= bytes;
    return this.#left >= 0;
  }

  /**
   * Notes what was read.
   *
   * @returns bytes that the peer is to be told of now; 0 while it is not worth a message
   */
  consume(bytes: number): number {
    this.#owed += bytes;
    if (this.#owed < this.#size / 2) return 0;
    const granted = this.#owed;
    this.#owed = 0;
    this.#left += granted;
    return granted;
  }
}
