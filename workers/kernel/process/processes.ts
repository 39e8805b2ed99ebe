/**
 * The WebAssembly processes of a machine: each is a channel to an agent in the guest, a worker that runs
 * the module, and what it has open. When the channel closes, the process is gone and so is its worker.
 */
import {
  IDLE_WASI_WORKERS,
  MAX_PROCESSES,
  MAX_THREADS,
  MAX_WASIX_PROCESSES,
} from "../../shared/limits.ts";
import type { FileSystem } from "../filesystem/filesystem.ts";
import { PosixError } from "../filesystem/posix-error.ts";
import type { Channel } from "../ninep/service-files.ts";
import { Modules } from "./modules.ts";
import { Preparations } from "./preparations.ts";
import { Process } from "./process.ts";
import { type WasiThreads, WasiWorker } from "./wasi-worker.ts";
import type { WasixThreads } from "./wasix-program.ts";

export interface ProcessesOptions {
  fs: FileSystem;
  threads: WasiThreads;
  /** What runs WASIX programs, where there is something. */
  wasix?: WasixThreads;
  /** Make the guest forget what it caches: a program has changed something and was killed. */
  onUntoldChange(): void;
}

export class Processes {
  private readonly options: ProcessesOptions;
  private readonly modules: Modules;
  private readonly preparations: Preparations;
  private readonly idle: WasiWorker[] = [];
  private count = 0;
  /** Of all processes, beside the first of each. */
  private threadCount = 0;
  private wasixCount = 0;
  private isClosed = false;

  constructor(options: ProcessesOptions) {
    this.options = options;
    this.modules = new Modules(options.fs, options.threads.mayShare);
    this.preparations = new Preparations({
      fs: options.fs,
      takeWorker: () => this.takeWorker(),
      giveBack: (worker) => this.giveBack(worker),
    });
  }

  /** The channel of a new process: it begins when the agent says what to run. */
  open(): Channel {
    const { fs, threads, wasix, onUntoldChange } = this.options;
    const process = new Process({
      fs,
      ...(threads.obstacle ? { obstacle: threads.obstacle } : {}),
      ...(wasix ? { wasix } : {}),
      modules: this.modules,
      preparations: this.preparations,
      mustHaveRoom: () => {
        if (this.count > MAX_PROCESSES) throw new PosixError("EAGAIN");
      },
      reserveThread: () => {
        if (this.threadCount >= MAX_THREADS) throw new PosixError("EAGAIN");
        this.threadCount += 1;
      },
      releaseThread: () => {
        this.threadCount -= 1;
      },
      reserveWasix: () => {
        if (this.wasixCount >= MAX_WASIX_PROCESSES) throw new PosixError("EAGAIN");
        this.wasixCount += 1;
      },
      releaseWasix: () => {
        this.wasixCount -= 1;
      },
      takeWorker: () => this.takeWorker(),
      giveBack: (worker) => this.giveBack(worker),
      onUntoldChange,
      onEnd: () => {
        this.count -= 1;
        if (this.count === 0 && !this.isClosed) void this.preparations.prepare();
      },
    });
    this.count += 1;
    return process.channel;
  }

  /** Nothing is opened any more. What runs ends with its channel. */
  close(): void {
    this.isClosed = true;
    for (const worker of this.idle.splice(0)) worker.terminate();
  }

  private async takeWorker(): Promise<WasiWorker> {
    const worker = this.idle.pop() ?? new WasiWorker(this.options.threads);
    await worker.whenReady();
    return worker;
  }

  private giveBack(worker: WasiWorker): void {
    if (!this.isClosed && this.idle.length < IDLE_WASI_WORKERS) this.idle.push(worker);
    else worker.terminate();
  }
}
