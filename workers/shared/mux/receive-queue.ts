/** What has come on a stream and was not read yet. */
import type { NetworkError } from "../byte-stream.ts";

interface Reader {
  resolve(bytes: Uint8Array | undefined): void;
  reject(error: NetworkError): void;
}

/** One reader at a time. The queue bounds nothing itself: who pushes looks at `bytes` and `pieces`. */
export class ReceiveQueue {
  readonly #pieces: Uint8Array[] = [];
  #bytes = 0;
  #ended = false;
  #error: NetworkError | undefined;
  #reader: Reader | undefined;
  readonly #onRead: (bytes: number) => void;

  /** @param onRead is called with the length of each piece that its reader gets */
  constructor(onRead: (bytes: number) => void) {
    this.#onRead = onRead;
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Pieces that wait. */
  get pieces(): number {
    return this.#pieces.length;
  }

  /** Whether nothing more is taken: the peer has ended, or the stream broke. */
  get closed(): boolean {
    return this.#ended || this.#error !== undefined;
  }

  /** Adds a piece, which must not be empty; after the end it is dropped. */
  push(piece: Uint8Array): void {
    if (this.closed) return;
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    this.#serve();
  }

  /** The peer has ended its half: readers get what there is, then the end. */
  end(): void {
    this.#ended = true;
    this.#serve();
  }

  /** The stream broke: readers get what there is, then the error. */
  fail(error: NetworkError): void {
    if (this.#ended) return;
    this.#error ??= error;
    this.#serve();
  }

  /** The reader has given up: nothing is kept. */
  drop(error: NetworkError): void {
    this.#pieces.length = 0;
    this.#bytes = 0;
    this.#ended = false;
    this.#error = error;
    this.#serve();
  }

  /** The next piece; undefined at the end. */
  read(): Promise<Uint8Array | undefined> {
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
      this.#serve();
    });
  }

  #serve(): void {
    const reader = this.#reader;
    if (!reader) return;
    const piece = this.#pieces.shift();
    if (!piece && !this.closed) return;
    this.#reader = undefined;
    if (piece) {
      this.#bytes -= piece.length;
      this.#onRead(piece.length);
      reader.resolve(piece);
    } else if (this.#error) reader.reject(this.#error);
    else reader.resolve(undefined);
  }
}
