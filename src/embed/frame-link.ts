/** The page's end of the connection to a frame: calls, and what they come to. */
import { fromErrorMessage, type TabnixError } from "../../workers/shared/errors.ts";
import type {
  Answers,
  Call,
  CallOf,
  FrameEvent,
  FromFrame,
  Note,
  Outcome,
  ToFrame,
} from "./contract.ts";
import { Line } from "./line.ts";
import { ANSWERS, isFromFrame } from "./messages.ts";

interface Waiting {
  type: Call["type"];
  resolve(answer: unknown): void;
  reject(error: unknown): void;
}

export interface FrameListener {
  onEvent(event: FrameEvent): void;
  /** Nobody is at the other end any more. Not every browser tells. */
  onClose(): void;
}

export class FrameLink {
  readonly #line: Line<FromFrame, ToFrame>;
  readonly #waiting = new Map<number, Waiting>();
  #lost: TabnixError | undefined;

  constructor(port: MessagePort, { onEvent, onClose }: FrameListener) {
    port.addEventListener("close", onClose);
    this.#line = new Line({
      port,
      accept: (data) => (isFromFrame(data) && this.#isExpected(data) ? data : undefined),
      onMessage: (message) => {
        if (message.type === "answer" || message.type === "failed") this.#settle(message);
        else onEvent(message);
      },
    });
  }

  /** @throws TabnixError of the frame; `closed`; the signal's reason */
  call<Type extends Call["type"]>(
    call: CallOf<Type>,
    signal?: AbortSignal | undefined,
  ): Promise<Answers[Type]> {
    return new Promise((resolve, reject) => {
      if (this.#lost) return reject(this.#lost);
      if (signal?.aborted) return reject(signal.reason);
      const id = this.#line.send(call as Call);
      const abort = () => {
        this.tell({ type: "cancel", call: id });
        reject(signal?.reason);
      };
      const done = () => signal?.removeEventListener("abort", abort);
      signal?.addEventListener("abort", abort, { once: true });
      this.#waiting.set(id, {
        type: call.type,
        resolve: (answer) => {
          done();
          resolve(answer as Answers[Type]);
        },
        reject: (error) => {
          done();
          reject(error);
        },
      });
    });
  }

  tell(note: Note, transfer: Transferable[] = []): void {
    if (!this.#lost) this.#line.send(note, transfer);
  }

  /** Everything that waits, and every later call, fails with this. */
  lose(error: TabnixError): void {
    if (this.#lost) return;
    // Not every browser tells the other side of a port that was closed.
    this.tell({ type: "bye" });
    this.#lost = error;
    this.#line.close();
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  /** Whether it answers a call that waits for such an answer. */
  #isExpected(message: FromFrame): boolean {
    if (message.type !== "answer" && message.type !== "failed") return true;
    const waiting = this.#waiting.get(message.call);
    if (!waiting) return false;
    return message.type === "failed" || ANSWERS[waiting.type](message.answer);
  }

  #settle(outcome: Outcome): void {
    const waiting = this.#waiting.get(outcome.call);
    this.#waiting.delete(outcome.call);
    if (outcome.type === "answer") waiting?.resolve(outcome.answer);
    else waiting?.reject(fromErrorMessage(outcome.error));
  }
}
