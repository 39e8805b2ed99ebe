/** Messages between the page and the machine worker. */
import type { Manifest } from "../../images/format/manifest.ts";
import type { NinepLink } from "../kernel/contract.ts";
import type { ErrorMessage } from "../shared/errors.ts";
import type { StoreLocation } from "../shared/store.ts";
import type { FromPrograms, ToPrograms } from "./programs/contract.ts";

/** v86's WebAssembly module as one zstd frame. */
export interface EngineFile {
  /** Absolute. */
  url: string;
  /** Bytes it unpacks to. */
  size: number;
}

/** Page → machine. */
export type ToMachine =
  | {
      type: "boot";
      location: StoreLocation;
      engine: EngineFile;
      manifest: Manifest;
      fromSnapshot: boolean;
      hostname: string;
      /** Of its shells, over that of the image: no shell of the snapshot is used. */
      environment?: Readonly<Record<string, string>>;
      kernel: NinepLink;
    }
  | { type: "terminal-open"; terminal: number; rows: number; columns: number }
  | { type: "terminal-input"; terminal: number; bytes: Uint8Array }
  | { type: "terminal-resize"; terminal: number; rows: number; columns: number }
  /** The page has drawn this many bytes of output: the guest may write as many more. */
  | { type: "terminal-drawn"; terminal: number; bytes: number }
  /** Hang up, as closing a terminal window does. */
  | { type: "terminal-close"; terminal: number }
  | { type: "programs"; request: ToPrograms }
  | { type: "power"; action: "reboot" | "power-off" }
  /** Make the guest write out what it holds back, and forget its caches if told to; `synced` follows. */
  | { type: "sync"; forget: boolean }
  | { type: "statistics" };

/** Machine → page. */
export type FromMachine =
  | { type: "progress"; stage: MachineStage; loaded: number; total: number }
  /** The guest's agent answers: terminals can be opened. */
  | { type: "ready" }
  | { type: "failed"; error: ErrorMessage }
  /** Kernel messages and panics, as text. */
  | { type: "log"; text: string }
  | { type: "terminal-output"; terminal: number; bytes: Uint8Array }
  /** The terminal's first process has ended. */
  | { type: "terminal-exit"; terminal: number; status: number }
  | { type: "programs"; report: FromPrograms }
  /** The guest asked for it, or did as it was told. The machine has stopped. */
  | { type: "stopped"; reason: "reboot" | "power-off" | "panic" }
  | { type: "synced" }
  /** The TCP ports on which programs of the guest listen, ascending: whenever they have changed. */
  | { type: "ports"; ports: number[] }
  | { type: "statistics"; statistics: MachineStatistics };

/** What the machine is doing before it is ready. "boot" has no byte count: total is 0. */
export type MachineStage = "engine" | "snapshot" | "kernel" | "restore" | "boot";

export interface MachineStatistics {
  memoryBytes: number;
  /** Guest instructions run since boot, in millions. */
  instructions: number;
}
