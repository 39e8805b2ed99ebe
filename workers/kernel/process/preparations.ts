/** What programs have prepared (workers/wasi/prepare.ts): for each module, by what starts have in common. */
import { KEPT_PREPARATIONS } from "../../shared/limits.ts";
import type { Program } from "../../wasi/contract.ts";
import type { MemoryImage } from "../../wasi/memory-image.ts";
import type { FileSystem } from "../filesystem/filesystem.ts";
import type { Credentials } from "./access.ts";
import type { ExecRequest } from "./exec-protocol.ts";
import type { Preopen } from "./preopens.ts";
import { type Outcome, Preparation } from "./preparation.ts";
import { type PrepareOptions, preparationKey, preparedArguments } from "./prepare-options.ts";
import type { ToolOptions } from "./tool-options.ts";
import type { WasiWorker } from "./wasi-worker.ts";

/** What a program was to be started with. */
export interface Start {
  request: ExecRequest;
  options: ToolOptions;
  preopens: readonly Preopen[];
}

/** One that can be prepared. */
interface PreparableStart {
  /** What it has in common with those that can begin with the same memory. */
  key: string;
  options: PrepareOptions;
  who: Credentials;
  program: Program;
  preopens: readonly Preopen[];
}

export interface PreparationsOptions {
  fs: FileSystem;
  takeWorker(): Promise<WasiWorker>;
  giveBack(worker: WasiWorker): void;
}

/** A key without an outcome is one for which preparing was of no use. */
type States = Map<string, Outcome | undefined>;

export class Preparations {
  private readonly options: PreparationsOptions;
  /** The least recently made first. */
  private readonly states = new WeakMap<WebAssembly.Module, States>();
  private wanted: PreparableStart | undefined;
  private isRunning = false;

  constructor(options: PreparationsOptions) {
    this.options = options;
  }

  /**
   * The program as it starts where it has prepared itself. If it has not, it does so when somebody says
   * that there is time.
   */
  use(program: Program, { request, options: { prepare }, preopens }: Start): Program {
    const common = prepare && preparationKey(request, program.argv, prepare);
    if (!prepare || common === undefined) return program;
    // The program has noted what is open, and under which numbers.
    const open = preopens.map(({ path, file, inode }) => [path, file, inode.number]);
    const key = JSON.stringify([common, open]);
    const image = this.find({ key, options: prepare, who: request, program, preopens });
    if (!image) return program;
    const argv = preparedArguments(program.argv, program.environment, prepare);
    return { ...program, argv, prepared: { image, started: prepare.started } };
  }

  private find(start: PreparableStart): MemoryImage | undefined {
    const { key, program } = start;
    const states = this.statesOf(program.module);
    const state = states.get(key);
    if (state?.findings.areTheSame()) return state.image;
    if (state) states.delete(key);
    if (!states.has(key)) this.wanted = start;
    return undefined;
  }

  /** There is time: no program runs. Does what was wanted last. */
  async prepare(): Promise<void> {
    const start = this.wanted;
    if (!start || this.isRunning) return;
    this.wanted = undefined;
    this.isRunning = true;
    try {
      this.keep(start, await this.outcomeOf(start));
    } finally {
      this.isRunning = false;
    }
  }

  private async outcomeOf({
    who,
    program,
    preopens,
    options,
  }: PreparableStart): Promise<Outcome | undefined> {
    const { fs, takeWorker, giveBack } = this.options;
    const worker = await takeWorker();
    const [name = ""] = program.argv;
    const alone: Program = {
      ...program,
      argv: [name, ...options.arguments],
      // Where this caller is does not matter to the next.
      environment: program.environment.map((entry) => (entry.startsWith(PWD) ? `${PWD}/` : entry)),
      stdio: STANDARD_FILES,
    };
    return new Preparation({ fs, who, preopens }).run(worker, alone, giveBack);
  }

  private keep({ key, program }: PreparableStart, outcome: Outcome | undefined): void {
    const states = this.statesOf(program.module);
    states.set(key, outcome);
    for (const oldest of states.keys()) {
      if (states.size <= KEPT_PREPARATIONS) break;
      states.delete(oldest);
    }
  }

  private statesOf(module: WebAssembly.Module): States {
    const known = this.states.get(module) ?? new Map<string, Outcome | undefined>();
    this.states.set(module, known);
    return known;
  }
}

const PWD = "PWD=";
const READ = { append: false, nonblocking: false, read: true, write: false };
const WRITE = { ...READ, read: false, write: true };
const STANDARD_FILES: Program["stdio"] = [
  { kind: "stream", position: 0, flags: READ },
  { kind: "stream", position: 0, flags: WRITE },
  { kind: "stream", position: 0, flags: WRITE },
];
