/** Calls on files that are under way to a kernel worker. */
import type {
  FileAnswers,
  FileCall,
  FileReply,
  FileRequest,
} from "../../workers/kernel/files/contract.ts";
import { fromErrorMessage, TabnixError } from "../../workers/shared/errors.ts";

/** What a call comes to. */
export type AnswerOf<Call extends FileCall> = FileAnswers[Call["op"]];

/** Does one call. @throws TabnixError */
export type CallFiles = <Call extends FileCall>(call: Call) => Promise<AnswerOf<Call>>;

interface Waiting {
  resolve(answer: FileAnswers[FileCall["op"]]): void;
  reject(error: TabnixError): void;
}

export class FileCalls {
  readonly #send: (request: FileRequest, transfer: Transferable[]) => void;
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;

  constructor(send: (request: FileRequest, transfer: Transferable[]) => void) {
    this.#send = send;
  }

  /** Bytes that are written go away with the call. @throws TabnixError */
  call<Call extends FileCall>(call: Call): Promise<AnswerOf<Call>> {
    const id = this.#next++;
    return new Promise<AnswerOf<Call>>((resolve, reject) => {
      // The kernel answers a call with the answer of the same name.
      this.#waiting.set(id, { resolve: resolve as Waiting["resolve"], reject });
      this.#send({ id, call }, call.op === "write" ? [call.bytes.buffer as ArrayBuffer] : []);
    });
  }

  receive(reply: FileReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ("error" in reply) waiting?.reject(fromErrorMessage(reply.error));
    else waiting?.resolve(reply.answer);
  }

  /** The kernel is gone: nothing is answered any more. */
  end(): void {
    for (const { reject } of this.#waiting.values()) {
      reject(new TabnixError("guest-failed", "The files were closed.", "Start the machine again."));
    }
    this.#waiting.clear();
  }
}
