/** Where a local computer runs: a page with workers, or a process of Node. */
import type { Manifest } from "../../images/format/manifest.ts";
import type { EngineFile } from "../../workers/machine/contract.ts";
import type { StoreLocation } from "../../workers/shared/store.ts";

/** What a computer needs of a worker. */
export interface WorkerPort {
  postMessage(message: unknown, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  /** Ends it at once, with all that it holds. */
  terminate(): void;
}

export interface ComputerHost {
  /** v86, as the machine worker fetches it. */
  readonly engine: EngineFile;
  /** The Wasmer SDK's main script, absolute; undefined where there is none, nor WASIX programs. */
  readonly wasmerUrl: string | undefined;
  /** The machine and the kernel may have memory in common, and threads to use it. */
  readonly sharesMemory: boolean;
  /** As {@link sharesMemory}, and both run at the same time: one may wait for the other in place. */
  readonly runsInParallel: boolean;
  startKernel(): WorkerPort;
  startMachine(): WorkerPort;
  /** @throws TabnixError `not-found`, `unreachable`, `malformed` or `wrong-version` */
  loadManifest(location: StoreLocation, image: string): Promise<Manifest>;
}
