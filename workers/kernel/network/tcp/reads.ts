/** A read that waits for bytes: there is one at a time. */
import type { NetworkError } from "../../../shared/byte-stream.ts";
import type { Receiver } from "./receiver.ts";

interface Read {
  resolve(bytes: Uint8Array | undefined): void;
  reject(error: NetworkError): void;
}

export class Reads {
  #waiting: Read | undefined;

  /** Resolves with the next bytes, or with undefined at the end. @throws Error where another read waits */
  wait(): Promise<Uint8Array | undefined> {
    if (this.#waiting) throw new Error("The stream is being read already.");
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  /** Gives whoever waits what has come. */
  serve(receiver: Receiver): void {
    const read = this.#waiting;
    if (!read) return;
    const bytes = receiver.take();
    if (!bytes && !receiver.hasEnded) return;
    this.#waiting = undefined;
    read.resolve(bytes);
  }

  fail(error: NetworkError): void {
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }
}
