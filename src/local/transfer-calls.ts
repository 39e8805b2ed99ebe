/** Exports and imports that are under way in a kernel worker. */
import type {
  TransferAnswers,
  TransferCall,
  TransferReport,
  TransferRequest,
} from "../../workers/kernel/transfer/contract.ts";
import { fromErrorMessage, TabnixError } from "../../workers/shared/errors.ts";
import type { TransferOptions } from "../machine-transfer.ts";

type Answer = TransferAnswers[TransferCall["op"]];

interface Waiting extends TransferOptions {
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

export class TransferCalls {
  readonly #send: (request: TransferRequest) => void;
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;

  constructor(send: (request: TransferRequest) => void) {
    this.#send = send;
  }

  /** @throws TabnixError; the signal's reason */
  async call<Call extends TransferCall>(
    call: Call,
    options: TransferOptions,
  ): Promise<TransferAnswers[Call["op"]]> {
    const { signal } = options;
    signal?.throwIfAborted();
    const id = this.#next++;
    const cancel = () => this.#send({ id, op: "cancel" });
    signal?.addEventListener("abort", cancel);
    try {
      const answer = new Promise<Answer>((resolve, reject) => {
        this.#waiting.set(id, { ...options, resolve, reject });
      });
      this.#send({ id, ...call });
      // The kernel answers a call with the answer of the same name.
      return (await answer) as TransferAnswers[Call["op"]];
    } finally {
      signal?.removeEventListener("abort", cancel);
    }
  }

  receive(report: TransferReport): void {
    const waiting = this.#waiting.get(report.id);
    if (report.type === "progress") {
      waiting?.onProgress?.(report.done, report.total);
      return;
    }
    this.#waiting.delete(report.id);
    if (report.type === "done") waiting?.resolve(report.answer);
    else
      waiting?.reject(
        waiting.signal?.aborted ? waiting.signal.reason : fromErrorMessage(report.error),
      );
  }

  /** The kernel is gone: nothing is answered any more. */
  end(): void {
    for (const { reject } of this.#waiting.values()) {
      reject(new TabnixError("guest-failed", "The files were closed.", "Start the machine again."));
    }
    this.#waiting.clear();
  }
}
