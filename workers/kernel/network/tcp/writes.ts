/** Writes that wait for room: their bytes stay the writers' until there is some. */
import type { NetworkError } from "../../../shared/byte-stream.ts";
import type { Sender } from "./sender.ts";

interface Write {
  bytes: Uint8Array;
  resolve(): void;
  reject(error: NetworkError): void;
}

export class Writes {
  readonly #sender: Sender;
  readonly #waiting: Write[] = [];

  constructor(sender: Sender) {
    this.#sender = sender;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Resolves when all of the bytes are taken. */
  add(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ bytes, resolve, reject });
    });
  }

  /** Gives the sender what it has room for. */
  fill(): void {
    for (let write = this.#waiting[0]; write; write = this.#waiting[0]) {
      write.bytes = write.bytes.subarray(this.#sender.append(write.bytes));
      if (write.bytes.length > 0) return;
      this.#waiting.shift();
      write.resolve();
    }
  }

  fail(error: NetworkError): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
