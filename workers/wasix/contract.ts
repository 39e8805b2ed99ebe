/**
 * The kernel worker and a WASIX worker: one that runs one program in the Wasmer SDK, and is thrown away.
 * What it asks of the world are the calls of workers/wasi/contract.ts, several at a time.
 */
import type { Answer, Call, CallData, Stdio } from "../wasi/contract.ts";

/** Kernel → WASIX worker. */
export type ToWasix =
  | { type: "start"; program: WasixProgram }
  /** To the call of that number. */
  | { type: "answer"; id: number; answer: Answer; data?: CallData };

/** WASIX worker → kernel. The last call is `exit`. */
export interface FromWasix {
  type: "call";
  id: number;
  call: Call;
  data?: CallData;
}

/** The Wasmer SDK. */
export interface SdkParts {
  /** Address of its main script. */
  url: string;
  /** Compiled, and shared by all that run. */
  engine: WebAssembly.Module;
}

/** What a WASIX worker runs. */
export interface WasixProgram {
  sdk: SdkParts;
  /** A module, or a package (.webc). */
  bytes: Uint8Array<ArrayBuffer>;
  argv: string[];
  /** NAME=value. */
  environment: string[];
  /** What files 0, 1 and 2 are. The kernel has them open under these numbers. */
  stdio: [Stdio, Stdio, Stdio];
  /** The directory it runs in, by the kernel's number. */
  directory: number;
}
