/** All functions of wasi_snapshot_preview1 for one program. */
import { ContentStamps } from "../shared/content-stamps.ts";
import { Clocks } from "./clocks.ts";
import type { Program, Thread } from "./contract.ts";
import { FileTable } from "./file-table.ts";
import { Memory } from "./memory.ts";
import { descriptorFunctions } from "./preview1-descriptors.ts";
import { directoryFunctions } from "./preview1-directories.ts";
import { pathFunctions } from "./preview1-paths.ts";
import { pollFunctions } from "./preview1-poll.ts";
import { processFunctions } from "./preview1-process.ts";
import { transferFunctions } from "./preview1-transfer.ts";
import { ReadAhead } from "./read-ahead.ts";
import type { WasiFunctions } from "./steps.ts";

/** The name under which modules import the functions. */
export const PREVIEW1 = "wasi_snapshot_preview1";

/** What the functions work on. Each program has its own. */
export interface Context {
  memory: Memory;
  files: FileTable;
  clocks: Clocks;
  ahead: ReadAhead;
  program: Program;
}

/** The state of a program before it starts, or of a thread of one that runs: the files are the program's. */
export function createContext(program: Program, thread?: Thread): Context {
  const files = new FileTable(program, thread === undefined);
  const ahead = new ReadAhead(program.stamps && new ContentStamps(program.stamps));
  return { memory: new Memory(), files, clocks: new Clocks(), ahead, program };
}

/** The functions by name. */
export function preview1(context: Context): WasiFunctions {
  return {
    ...transferFunctions(context),
    ...descriptorFunctions(context),
    ...directoryFunctions(context),
    ...pathFunctions(context),
    ...pollFunctions(context),
    ...processFunctions(context),
  };
}
