/**
 * Runs one program: a module that imports wasi_snapshot_preview1 and exports `memory` and an {@link Abi}. Or
 * one thread of a program: then the module imports its memory, and starts threads as wasi-threads has it.
 */
import type { Program, Thread } from "./contract.ts";
import { CannotStart, type Ending, endingOf, returned } from "./endings.ts";
import { type Abi, COMMAND, enter, enterSuspended } from "./entry.ts";
import { type OpenFile, STANDARD_FILES, STDERR } from "./file-table.ts";
import { checkExports, importsOf } from "./imports.ts";
import { findJspi } from "./jspi.ts";
import { captureImage, type MemoryImage } from "./memory-image.ts";
import { Ready, resume, untilReady } from "./prepare.ts";
import { type Context, createContext, preview1 } from "./preview1.ts";
import { positionOf, writeOn } from "./preview1-transfer.ts";
import { isRuby, ruby } from "./ruby.ts";
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
import { THREAD_SPAWN, THREAD_START, THREADS, threadSpawner } from "./threads.ts";

const MEMORY = "memory";

/** All the state of a program or thread is here: each needs a host of its own. */
export class WasiHost {
  private readonly context: Context;
  private functions: WasiFunctions;
  private readonly thread: Thread | undefined;
  private readonly standard: readonly (OpenFile | undefined)[];

  constructor(program: Program, thread?: Thread) {
    this.context = createContext(program, thread);
    this.thread = thread;
    this.functions = preview1(this.context);
    const { files } = this.context;
    this.standard = Array.from({ length: STANDARD_FILES }, (_, number) => files.find(number));
  }

  /**
   * Runs the program to its end; the last call is `exit`. A thread that returns ends alone, by
   * `threadExit`; one that exits or traps ends the program.
   *
   * @returns the status
   */
  run(caller: Caller): number {
    let ending: Ending;
    try {
      const abi = this.abi();
      const spawn = threadSpawner(this.context.program.module, caller);
      const exports = this.instantiate(abi, (run) => importInPlace(run, caller), spawn);
      if (this.thread) {
        this.runThread(exports, this.thread);
        drive(attempt(ask({ op: "threadExit" })), caller);
        return 0;
      }
      ending = returned(enter(abi.run(exports)));
    } catch (error) {
      ending = endingOf(error);
    }
    drive(this.end(ending), caller);
    return ending.status;
  }

  private runThread(exports: WebAssembly.Exports, { id, argument }: Thread): void {
    (exports[THREAD_START] as (id: number, argument: number) => void)(id, argument);
  }

  /** The same where calls cannot be waited for in place: JSPI suspends the module. */
  async runSuspended(caller: AsyncCaller): Promise<number> {
    let ending: Ending;
    try {
      const abi = this.abi();
      const jspi = findJspi();
      if (!jspi) throw new CannotStart("this page is not isolated, and the browser has no JSPI");
      const exports = this.instantiate(
        abi,
        (run) => new jspi.Suspending(importSuspending(run, caller)),
      );
      ending = returned(await enterSuspended(abi.run(exports), jspi));
    } catch (error) {
      ending = endingOf(error);
    }
    await driveAsync(this.end(ending), caller);
    return ending.status;
  }

  /** Runs the program until it has prepared itself. @returns nothing if it does anything else */
  prepare(caller: Caller): MemoryImage | undefined {
    const start = this.preparing((run) => importInPlace(run, caller));
    try {
      enter(start.entry);
      return undefined;
    } catch (error) {
      return start.imageAfter(error);
    }
  }

  /** The same where calls cannot be waited for in place. */
  async prepareSuspended(caller: AsyncCaller): Promise<MemoryImage | undefined> {
    const jspi = findJspi();
    if (!jspi) return undefined;
    const start = this.preparing((run) => new jspi.Suspending(importSuspending(run, caller)));
    try {
      await enterSuspended(start.entry, jspi);
      return undefined;
    } catch (error) {
      return start.imageAfter(error);
    }
  }

  private preparing(toImport: (run: WasiFunction) => WebAssembly.ImportValue) {
    this.functions = untilReady(this.functions);
    const exports = this.instantiate(COMMAND, toImport);
    const memory = exports[MEMORY] as WebAssembly.Memory;
    const fresh = new Uint8Array(memory.buffer.slice(0));
    return {
      entry: COMMAND.run(exports),
      imageAfter: (error: unknown) =>
        error instanceof Ready ? captureImage(memory, fresh) : undefined,
    };
  }

  private abi(): Abi {
    const exported = WebAssembly.Module.exports(this.context.program.module);
    return isRuby(exported) ? ruby(this.context) : COMMAND;
  }

  /** @throws CannotStart */
  private instantiate(
    abi: Abi,
    toImport: (run: WasiFunction) => WebAssembly.ImportValue,
    spawn?: WebAssembly.ImportValue,
  ): WebAssembly.Exports {
    const { memory, program } = this.context;
    const { module, threads, prepared } = program;
    const given: WebAssembly.Imports = {};
    if (threads) {
      const { module: from, name } = threads.import;
      if (spawn) given[THREADS] = { [THREAD_SPAWN]: spawn };
      given[from] = { ...given[from], [name]: threads.memory };
    }
    const imports = importsOf(module, { functions: this.functions, toImport, abi, given });
    checkExports(module, threads ? abi.functions : [...abi.functions, MEMORY]);
    const { exports } = new WebAssembly.Instance(module, imports);
    const own = threads ? threads.memory : (exports[MEMORY] as WebAssembly.Memory);
    memory.attach(own);
    if (prepared) resume(own, memory, prepared);
    return exports;
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
    if (file?.kind !== "file" || this.context.files.find(file.file)?.file !== file.file)
      return null;
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
