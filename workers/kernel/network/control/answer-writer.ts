/** Answers on their way to a program of the guest, which may be slow to read them, or never do. */
import type { ByteStream } from "../../../shared/byte-stream.ts";
import { type ControlAnswer, encodeAnswer } from "./protocol.ts";

/** Holds one answer at most: what has become old while the guest did not read is left out. */
export class AnswerWriter {
  readonly #stream: ByteStream;
  #next: ControlAnswer | undefined;
  #isWriting = false;
  #isLast = false;

  constructor(stream: ByteStream) {
    this.#stream = stream;
  }

  /** Says how things stand now. */
  say(answer: ControlAnswer): void {
    if (this.#isLast) return;
    this.#next = answer;
    void this.#write();
  }

  /** Ends the connection, after a last word. */
  end(answer?: ControlAnswer): void {
    if (this.#isLast) return;
    this.#isLast = true;
    this.#next = answer ?? this.#next;
    void this.#write();
  }

  async #write(): Promise<void> {
    if (this.#isWriting) return;
    this.#isWriting = true;
    try {
      while (this.#next) {
        const answer = this.#next;
        this.#next = undefined;
        await this.#stream.write(encodeAnswer(answer));
      }
      if (this.#isLast) this.#stream.end();
    } catch {
      // Who reads from it learns the same.
      this.#stream.abort();
    }
    this.#isWriting = false;
  }
}
