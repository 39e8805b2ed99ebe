/** What a process is given by what keeps all of them (processes.ts). */
import type { FileSystem } from "../filesystem/filesystem.ts";
import type { Modules } from "./modules.ts";
import type { Preparations } from "./preparations.ts";
import type { WasiWorker } from "./wasi-worker.ts";
import type { WasixThreads } from "./wasix-program.ts";

/** What a process needs of those around it. */
export interface ProcessOptions {
  fs: FileSystem;
  modules: Modules;
  preparations: Preparations;
  /** Why no program can run here. */
  obstacle?: string;
  /** @throws PosixError EAGAIN when too many programs run */
  mustHaveRoom(): void;
  /** See {@link ThreadGroup}. @throws PosixError EAGAIN */
  reserveThread(): void;
  releaseThread(): void;
  /** What runs WASIX programs, where there is something. */
  wasix?: WasixThreads;
  /** Counts one more WASIX program. @throws PosixError EAGAIN */
  reserveWasix(): void;
  /** One that was counted is no more. */
  releaseWasix(): void;
  /** A worker to run in, which is the process's until it ends. */
  takeWorker(): Promise<WasiWorker>;
  /** The worker can run another program. */
  giveBack(worker: WasiWorker): void;
  /** The process was ended by a signal after it had changed what the guest caches. */
  onUntoldChange(): void;
  /** The process is gone; called once. */
  onEnd(): void;
}
