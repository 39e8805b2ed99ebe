/** Calls to the kernel as messages, each with a number: several may be under way. */
import { WASI_DATA_BYTES } from "../shared/limits.ts";
import type { Call } from "../wasi/contract.ts";
import { fromKernel, WasiError } from "../wasi/errno.ts";
import type { Success } from "../wasi/steps.ts";
import type { FromWasix, ToWasix } from "./contract.ts";

type Answered = Extract<ToWasix, { type: "answer" }>;

const NOTHING = new Uint8Array(0);

export class KernelCalls {
  private readonly post: (message: FromWasix) => void;
  private readonly waiting = new Map<number, (answered: Answered) => void>();
  private nextId = 0;

  constructor(post: (message: FromWasix) => void) {
    this.post = post;
  }

  /** Makes a call. @throws WasiError (by the promise) when it fails */
  async ask(call: Call, data?: Uint8Array): Promise<Success> {
    const id = this.nextId++;
    const { answer, data: given = NOTHING } = await new Promise<Answered>((resolve) => {
      this.waiting.set(id, resolve);
      this.post({ type: "call", id, call, ...(data ? { data } : {}) });
    });
    if (answer.error !== undefined) throw new WasiError(fromKernel(answer.error));
    return { ...answer, data: given };
  }

  /** Takes the kernel's answer. */
  answered(message: Answered): void {
    const resolve = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    resolve?.(message);
  }

  /** Writes all of it. @param offset where, "end" to append; streams ignore it */
  async writeAll(file: number, bytes: Uint8Array, offset: number | "end"): Promise<void> {
    let done = 0;
    while (done < bytes.length) {
      const piece = bytes.slice(done, done + WASI_DATA_BYTES);
      const at = offset === "end" ? offset : offset + done;
      const { count = 0 } = await this.ask({ op: "write", file, offset: at }, piece);
      if (count === 0) throw new WasiError("EIO");
      done += count;
    }
  }

  /** A file's contents, by the kernel's number. */
  async readAll(file: number, size: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(size);
    let done = 0;
    while (done < size) {
      const length = Math.min(size - done, WASI_DATA_BYTES);
      const { data } = await this.ask({ op: "read", file, offset: done, length });
      if (data.length === 0) break;
      bytes.set(data, done);
      done += data.length;
    }
    return bytes.subarray(0, done);
  }
}
