/** Runs one program: a module that imports wasi_snapshot_preview1 and exports `_start` and `memory`. */
import type { Program } from "./contract.ts";
import { CannotStart, type Ending, endingOf, returned } from "./endings.ts";
import { type OpenFile, STANDARD_FILES, STDERR } from "./file-table.ts";
import { findJspi } from "./jspi.ts";
import { type Context, createContext, PREVIEW1, preview1 } from "./preview1.ts";
import { positionOf, writeOn } from "./preview1-transfer.ts";
import {
  type AsyncCaller,
  ask,
  type Caller,
  drive,
  driveAsync,
  importInPlace,
  importSuspending,
  type Steps,
  type WasiFunction,
  type WasiFunctions,
} from "./steps.ts";

const START = "_start";
const MEMORY = "memory";

/** All the state of a program is here: each needs a host of its own. */
export class WasiHost {
  private readonly context: Context;
  private readonly functions: WasiFunctions;
  private readonly standard: readonly (OpenFile | undefined)[];

  constructor(program: Program) {
    this.context = createContext(program);
    this.functions = preview1(this.context);
    const { files } = this.context;
    this.standard = Array.from({ length: STANDARD_FILES }, (_, number) => files.find(number));
  }

  /** Runs the program to its end; the last call is `exit`. @returns its status */
  run(caller: Caller): number {
    let ending = returned;
    try {
      const instance = this.instantiate((run) => importInPlace(run, caller));
      (instance.exports[START] as () => void)();
    } catch (error) {
      ending = endingOf(error);
    }
    drive(this.end(ending), caller);
    return ending.status;
  }

  /** The same where calls cannot be waited for in place: JSPI suspends the module. */
  async runSuspended(caller: AsyncCaller): Promise<number> {
    let ending = returned;
    try {
      const jspi = findJspi();
      if (!jspi) throw new CannotStart("this page is not isolated, and the browser has no JSPI");
      const instance = this.instantiate(
        (run) => new jspi.Suspending(importSuspending(run, caller)),
      );
      await jspi.promising(instance.exports[START] as () => void)();
    } catch (error) {
      ending = endingOf(error);
    }
    await driveAsync(this.end(ending), caller);
    return ending.status;
  }

  /** @throws CannotStart */
  private instantiate(
    toImport: (run: WasiFunction) => WebAssembly.ImportValue,
  ): WebAssembly.Instance {
    const { memory, program } = this.context;
    this.check(program.module);
    const imports = Object.fromEntries(
      Object.entries(this.functions).map(([name, run]) => [name, toImport(run)]),
    );
    const instance = new WebAssembly.Instance(program.module, { [PREVIEW1]: imports });
    memory.attach(instance.exports[MEMORY] as WebAssembly.Memory);
    return instance;
  }

  private check(module: WebAssembly.Module): void {
    for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
      if (from === PREVIEW1 && kind === "function" && Object.hasOwn(this.functions, name)) continue;
      throw new CannotStart(`it imports ${from}.${name}, which is not in ${PREVIEW1}`);
    }
    const exported = WebAssembly.Module.exports(module);
    const has = (name: string, kind: string) =>
      exported.some((one) => one.name === name && one.kind === kind);
    if (!has(START, "function")) throw new CannotStart(`it exports no function ${START}`);
    if (!has(MEMORY, "memory")) throw new CannotStart("it exports no memory");
  }

  /** What is left to do when the module has stopped. Nobody hears of what fails now. */
  private *end({ status, message }: Ending): Steps {
    const stderr = this.context.files.find(STDERR);
    if (message && stderr?.write) {
      yield* attempt(writeOn(stderr, [new TextEncoder().encode(message)]));
    }
    const positions: (number | null)[] = [];
    for (const file of this.standard) positions.push(yield* this.finalPosition(file));
    yield* attempt(ask({ op: "exit", status, positions }));
  }

  /** Where a standard file is, if it is regular and still what it was. */
  private *finalPosition(file: OpenFile | undefined): Steps<number | null> {
    if (file?.kind !== "file" || this.context.files.find(file.file) !== file) return null;
    return (yield* attempt(positionOf(file))) ?? null;
  }
}

function* attempt<T>(steps: Steps<T>): Steps<T | undefined> {
  try {
    return yield* steps;
  } catch {
    return undefined;
  }
}
