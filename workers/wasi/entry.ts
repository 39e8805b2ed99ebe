/** How a module is run: which of its functions are called, one after the other, by whoever drives it. */
import type { Jspi } from "./jspi.ts";

type Exported = (...args: number[]) => number;

/** A call of a function of the module. */
export interface ExportCall {
  run: Exported;
  args: readonly number[];
}

/** Calls, each of which gets what its function returns, and then a result. */
export type Entry<T> = Generator<ExportCall, T, number>;

/** What a module must have besides the functions of WASI. */
export interface Abi {
  /** Functions that it must export. */
  functions: readonly string[];
  /** Modules, by name, whose functions it may import: they end the program with this message. */
  missing: ReadonlyMap<string, string>;
  /** Runs the module to its end, by what it exports. @returns the status */
  run(exports: WebAssembly.Exports): Entry<number>;
}

/** A command of WASI: one function, which returns when the program ends with status 0. */
export const COMMAND: Abi = {
  functions: ["_start"],
  missing: new Map(),
  *run(exports) {
    yield* call(exports["_start"]);
    return 0;
  },
};

/** Calls one function. */
export function* call(run: WebAssembly.ExportValue | undefined, ...args: number[]): Entry<number> {
  return yield { run: run as Exported, args };
}

/** Makes all calls where the module waits in place. */
export function enter<T>(entry: Entry<T>): T {
  let step = entry.next();
  while (!step.done) step = entry.next(step.value.run(...step.value.args));
  return step.value;
}

/** Makes all calls where the module is suspended while it waits. */
export async function enterSuspended<T>(entry: Entry<T>, jspi: Jspi): Promise<T> {
  let step = entry.next();
  while (!step.done) {
    const { run, args } = step.value;
    step = entry.next(await jspi.promising(run)(...args));
  }
  return step.value;
}
