/**
 * What is asked of a machine about programs with pipes, and what becomes of them. Who asks numbers the
 * programs, below MAX_PROGRAMS; a number is free again when its program has ended.
 */
import type { ErrorMessage } from "../../shared/errors.ts";
import type { OutputDescriptor } from "../agent/protocol.ts";

export type { OutputDescriptor };

/** What to run, and where. */
export interface ProgramRequest {
  /** A line for the image's shell, or a program with its arguments, found in PATH. */
  command: string | readonly string[];
  /** An absolute path; the home of root unless given. */
  directory?: string | undefined;
  /** Goes over what every program of the image gets. */
  environment: Readonly<Record<string, string>>;
}

/** To the machine. */
export type ToPrograms = { program: number } & (
  | { type: "start"; request: ProgramRequest }
  /** Standard input; at most PROGRAM_WRITE_BYTES that `taken` has not told of. */
  | { type: "write"; bytes: Uint8Array }
  /** Standard input ends behind what was written. */
  | { type: "end-input" }
  /** So many bytes were read: the program may write as many more. */
  | { type: "read"; descriptor: OutputDescriptor; bytes: number }
  /** Nobody reads it any more. */
  | { type: "stop-reading"; descriptor: OutputDescriptor }
  /** For the process group. */
  | { type: "signal"; signal: number }
);

/** From the machine. */
export type FromPrograms = { program: number } & (
  | { type: "output"; descriptor: OutputDescriptor; bytes: Uint8Array }
  /** So many bytes of its input are on their way to it, or nobody reads them any more. */
  | { type: "taken"; bytes: number }
  /** As a shell has it: the exit status, or 128 + the signal. */
  | { type: "exit"; status: number }
  /** It could not be started. */
  | { type: "failed"; error: ErrorMessage }
);
