/**
 * The workers of one process: the one that its program begins in, and one for each thread that the program
 * starts (wasi-threads). They have the same files and the same memory, and end together.
 */

import {
  MAX_PROCESS_THREADS,
  MAX_PROGRAM_MEMORY_BYTES,
  WASM_PAGE_BYTES,
} from "../../shared/limits.ts";
import type { Program, SharedByThreads, Thread } from "../../wasi/contract.ts";
import { createFileMemory } from "../../wasi/file-records.ts";
import type { Eventually } from "../filesystem/contents.ts";
import { PosixError } from "../filesystem/posix-error.ts";
import { boundedPages } from "./memory-limit.ts";
import type { SharedMemoryImport } from "./module-imports.ts";
import { done, type Op, type Result } from "./result.ts";
import type { ProgramListener, WasiWorker } from "./wasi-worker.ts";

/** The greatest number of a thread, as wasi-threads has it. */
const LAST_THREAD = 2 ** 29 - 1;

export interface ThreadGroupOptions {
  program: Program;
  /** Counts one more thread of all programs. @throws PosixError EAGAIN */
  reserveThread(): void;
  /** One that was counted is no more. */
  releaseThread(): void;
  takeWorker(): Promise<WasiWorker>;
  /** The worker can run another program. */
  giveBack(worker: WasiWorker): void;
  /** The program has ended. Its worker is given back by now; all others are to be terminated. */
  onExit(call: Op<"exit">): Eventually<Result>;
  /** Serves all calls but those about threads and the end. */
  perform: ProgramListener["onCall"];
  /** A worker is not what it was. */
  onBroken(): void;
}

export class ThreadGroup {
  private readonly options: ThreadGroupOptions;
  private readonly workers = new Set<WasiWorker>();
  /** Threads beside the first, those included that are about to begin. */
  private count = 0;
  private nextId = 1;
  private isOver = false;

  constructor(options: ThreadGroupOptions) {
    this.options = options;
  }

  /** Runs the program, or one more thread of it. */
  run(worker: WasiWorker, thread?: Thread): void {
    const { program, perform, onBroken } = this.options;
    this.workers.add(worker);
    const onCall: ProgramListener["onCall"] = (call, data, room) => {
      switch (call.op) {
        case "exit":
          return this.exit(worker, call);
        case "spawnThread":
          return this.spawn(call);
        case "threadExit":
          this.leave(worker);
          return done();
        default:
          return perform(call, data, room);
      }
    };
    worker.run(program, { onCall, onBroken }, thread);
  }

  /** Ends all at once, whatever they do. */
  terminate(): void {
    if (this.isOver) return;
    this.isOver = true;
    for (const worker of this.workers) worker.terminate();
    this.workers.clear();
    for (; this.count > 0; this.count--) this.options.releaseThread();
  }

  private async spawn({ argument }: Op<"spawnThread">): Promise<Result> {
    try {
      const thread = await this.begin(Number(argument) | 0);
      return { answer: { thread } };
    } catch (error) {
      return { answer: { error: error instanceof PosixError ? error.code : "EAGAIN" } };
    }
  }

  private async begin(argument: number): Promise<number> {
    const { program, reserveThread, takeWorker, giveBack } = this.options;
    const id = this.nextId;
    const mayBegin = program.threads && this.count < MAX_PROCESS_THREADS && id <= LAST_THREAD;
    if (!mayBegin) throw new PosixError("EAGAIN");
    reserveThread();
    this.nextId += 1;
    this.count += 1;
    const worker = await takeWorker();
    if (this.isOver) {
      giveBack(worker);
      throw new PosixError("EAGAIN");
    }
    this.run(worker, { id, argument });
    return id;
  }

  /** A thread has ended by itself. */
  private leave(worker: WasiWorker): void {
    if (!this.workers.delete(worker) || this.count === 0) return;
    this.count -= 1;
    this.options.releaseThread();
    this.options.giveBack(worker);
  }

  private exit(worker: WasiWorker, call: Op<"exit">): Eventually<Result> {
    this.workers.delete(worker);
    this.options.giveBack(worker);
    return this.options.onExit(call);
  }
}

/**
 * What a module's threads are to share.
 *
 * @throws PosixError ENOMEM when the memory starts with more than a program may have
 * @throws RangeError when there is no room for it
 */
export function sharedByThreads(wanted: SharedMemoryImport): SharedByThreads {
  const { module, name, initial } = wanted;
  const pages = MAX_PROGRAM_MEMORY_BYTES / WASM_PAGE_BYTES;
  const maximum = boundedPages(initial, wanted.maximum, pages);
  const memory = new WebAssembly.Memory({ initial, maximum, shared: true });
  return { memory, import: { module, name }, files: createFileMemory() };
}
