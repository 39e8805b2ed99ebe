/** How a program ends. */
import { ProgramExit } from "./preview1-process.ts";

/** As a shell's 128 + SIGABRT: what native programs that crash on themselves end with. */
const TRAPPED = 134;
/** As a shell's for a file that it cannot execute. */
const CANNOT_START = 126;
/** What of a status a parent sees. */
const STATUS_MASK = 0xff;

export interface Ending {
  status: number;
  /** For stderr: one line. */
  message?: string;
}

/** The program came to its end. */
export function returned(status: number): Ending {
  return { status: status & STATUS_MASK };
}

/** A module that is no program for this host, or finds no means to run here. */
export class CannotStart extends Error {
  override readonly name = "CannotStart";
}

/** What it means that starting or running a module has thrown this. */
export function endingOf(error: unknown): Ending {
  if (error instanceof ProgramExit) return { status: error.status & STATUS_MASK };
  if (error instanceof CannotStart || error instanceof WebAssembly.LinkError) {
    return { status: CANNOT_START, message: `wasm: cannot start: ${oneLine(error.message)}\n` };
  }
  return { status: TRAPPED, message: `wasm trap: ${oneLine(reasonOf(error))}\n` };
}

function reasonOf(error: unknown): string {
  if (error instanceof WebAssembly.Exception) return "uncaught exception";
  const message = error instanceof Error ? error.message : String(error);
  // "Maximum call stack size exceeded" in Chromium and Safari, "too much recursion" in Firefox.
  return /call stack|recursion/.test(message) ? "stack overflow" : message;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
