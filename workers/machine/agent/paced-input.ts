import { TERMINAL_INPUT_BYTES } from "../../shared/limits.ts";

/** Bytes of one message; a part of what the agent keeps, so that the ways of several are shared. */
const PIECE_BYTES = TERMINAL_INPUT_BYTES / 4;

/** Input of one terminal or program: the agent gets as much as it has room for, and the rest waits here. */
export class PacedInput {
  readonly #send: (bytes: Uint8Array) => void;
  readonly #end: () => void;
  readonly #waiting: Uint8Array[] = [];
  #room = TERMINAL_INPUT_BYTES;
  #state: "open" | "ending" | "ended" = "open";

  /** @param end tells the agent that all input was sent */
  constructor(send: (bytes: Uint8Array) => void, end: () => void = () => {}) {
    this.#send = send;
    this.#end = end;
  }

  /** True when nothing waits. */
  get isIdle(): boolean {
    return this.#waiting.length === 0;
  }

  /** Queues bytes; any number. */
  write(bytes: Uint8Array): void {
    if (this.#state !== "open" || bytes.length === 0) return;
    this.#waiting.push(bytes);
    this.#pump();
  }

  /** Nothing comes behind what was written. */
  end(): void {
    if (this.#state !== "open") return;
    this.#state = "ending";
    this.#pump();
  }

  /** The agent has room for so many bytes more. */
  accepted(bytes: number): void {
    this.#room += bytes;
    this.#pump();
  }

  #pump(): void {
    while (this.#room > 0 && this.#waiting.length > 0) {
      const first = this.#waiting[0]!;
      const take = Math.min(first.length, this.#room, PIECE_BYTES);
      this.#send(first.subarray(0, take));
      this.#room -= take;
      if (take === first.length) this.#waiting.shift();
      else this.#waiting[0] = first.subarray(take);
    }
    if (this.#state !== "ending" || !this.isIdle) return;
    this.#state = "ended";
    this.#end();
  }
}
