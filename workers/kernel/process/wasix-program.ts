/** A WASIX program as the kernel sees it: a worker of its own, whose calls are served as they come. */
import type { Call } from "../../wasi/contract.ts";
import type { FromWasix, SdkParts, ToWasix, WasixProgram } from "../../wasix/contract.ts";
import type { Eventually } from "../filesystem/contents.ts";
import type { Op, Result } from "./result.ts";

/** Where a WASIX worker is. */
export interface WasixThread {
  post(message: ToWasix): void;
  onMessage: (message: FromWasix) => void;
  /** Ends it at once, with all workers that it has started. */
  terminate(): void;
}

/** Where WASIX workers come from. */
export interface WasixThreads {
  spawn(): WasixThread;
  /** What they run programs in. @throws TypeError when it cannot be fetched (by the promise) */
  sdk(): Promise<SdkParts>;
}

interface WasixOptions {
  thread: WasixThread;
  program: WasixProgram;
  perform(call: Call, data: Uint8Array): Eventually<Result>;
  onExit(call: Op<"exit">): Eventually<Result>;
  /** The worker is gone: called once. */
  onEnd(): void;
}

export class WasixRun {
  private readonly options: WasixOptions;
  private readonly thread: WasixThread;
  private isOver = false;

  constructor(options: WasixOptions) {
    this.options = options;
    this.thread = options.thread;
    this.thread.onMessage = (message) => void this.serve(message);
    this.thread.post({ type: "start", program: options.program });
  }

  /** Ends it at once, whatever it does. */
  terminate(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.thread.terminate();
    this.options.onEnd();
  }

  private async serve({ id, call, data = new Uint8Array(0) }: FromWasix): Promise<void> {
    if (this.isOver) return;
    const { perform, onExit } = this.options;
    const result = await (call.op === "exit" ? onExit(call) : perform(call, data));
    if (!this.isOver) this.thread.post({ type: "answer", id, ...result });
  }
}
