/** One WebAssembly process, from its agent's request until it has ended. */
import type { Call, Program } from "../../wasi/contract.ts";
import type { Eventually } from "../filesystem/contents.ts";
import type { FileSystem } from "../filesystem/filesystem.ts";
import type { Inode } from "../filesystem/inode.ts";
import { type ByteString, toText } from "../filesystem/names.ts";
import { errno, PosixError } from "../filesystem/posix-error.ts";
import { type Credentials, checkAccess, EXECUTE } from "./access.ts";
import { ExecChannel, type ExecListener } from "./exec-channel.ts";
import { type ExecRequest, frame, numbersFrame, ToAgent } from "./exec-protocol.ts";
import type { Modules } from "./modules.ts";
import type { OpenFile } from "./open-files.ts";
import { preopensOf, workingDirectory } from "./preopens.ts";
import type { Result } from "./result.ts";
import { withStandardInput } from "./standard-input.ts";
import { type StandardFile, standardFiles, treePath } from "./stdio.ts";
import { AgentStreams } from "./stream.ts";
import { Syscalls } from "./syscalls.ts";
import { type ToolOptions, toolOptions, withOptions } from "./tool-options.ts";
import { Walker } from "./walker.ts";
import type { WasiWorker } from "./wasi-worker.ts";

/** What a process needs of those around it. */
export interface ProcessOptions {
  fs: FileSystem;
  modules: Modules;
  /** Why no program can run here. */
  obstacle?: string;
  /** A worker to run in, which is the process's until it ends. @throws PosixError EAGAIN */
  takeWorker(): Promise<WasiWorker>;
  /** The worker can run another program. */
  giveBack(worker: WasiWorker): void;
  /** The process is gone; called once. */
  onEnd(): void;
}

/** As a shell says that a file was found but cannot be run, or was not found. */
const CANNOT_RUN = 126;
const NOT_FOUND = 127;
const STDIN = 0;
const STDERR = 2;
const SIGKILL = 9;
const SIGPIPE = 13;
const TWO_32 = 2 ** 32;
const NOTHING = new Uint8Array(0);

export class Process implements ExecListener {
  readonly channel: ExecChannel;
  private readonly options: ProcessOptions;
  private worker: WasiWorker | undefined;
  private syscalls: Syscalls | undefined;
  private streams: AgentStreams | undefined;
  private isOver = false;

  constructor(options: ProcessOptions) {
    this.options = options;
    this.channel = new ExecChannel(this);
  }

  onRequest(request: ExecRequest): void {
    this.start(request).catch((error) => this.refuse(request, error));
  }

  onWriteError(descriptor: number, number: number): void {
    this.streams?.fail(descriptor, number);
    // A program that writes for nobody is ended, as Linux does; its own next write may never come.
    if (number === errno.EPIPE) this.kill(SIGPIPE);
  }

  onClose(): void {
    this.stop();
  }

  private async start(request: ExecRequest): Promise<void> {
    const { fs, modules, obstacle } = this.options;
    const who: Credentials = request;
    const inode = this.findModule(request.module, who);
    if (obstacle) {
      const why = new TextEncoder().encode(obstacle);
      this.channel.send(frame(ToAgent.instead, 0, why));
      return;
    }
    const module = await modules.get(inode);
    const options = toolOptions(module);
    if (this.isOver) return;
    const worker = await this.options.takeWorker();
    if (this.isOver) return this.options.giveBack(worker);
    this.worker = worker;
    this.streams = new AgentStreams(this.channel);
    const standard = standardFiles(fs, request.descriptors);
    const preopens = preopensOf(fs, request.directory, who, options);
    const files = new Map<number, OpenFile>();
    for (const [number, { open }] of standard.entries()) if (open) files.set(number, open);
    for (const { file, inode: directory } of preopens) {
      files.set(file, { inode: directory, flags: READ_ONLY });
    }
    const syscalls = new Syscalls({ fs, who, streams: this.streams, files });
    this.syscalls = syscalls;
    const program: Program = {
      module,
      argv: argumentsOf(request, options),
      environment: withOptions(
        request.environment.map(toText),
        workingDirectory(fs, request),
        options,
      ),
      stdio: standard.map(({ stdio }) => stdio) as Program["stdio"],
      preopens: preopens.map(({ path, file }) => ({ path, file })),
    };
    worker.run(program, {
      onCall: (call, data, room) =>
        call.op === "exit" ? this.exit(call, standard) : syscalls.perform(call, data, room),
      onBroken: () => this.kill(SIGKILL),
    });
  }

  /** @throws PosixError as execve(2) */
  private findModule(path: ByteString, who: Credentials): Inode {
    const { fs } = this.options;
    const inode = new Walker(fs, who).resolve(fs.root, toText(treePath(path)), true);
    if (!inode.isFile) throw new PosixError("EACCES");
    checkAccess(inode, who, EXECUTE);
    return inode;
  }

  private exit(
    { status, positions }: Extract<Call, { op: "exit" }>,
    standard: readonly StandardFile[],
  ): Eventually<Result> {
    for (const [number, { stdio }] of standard.entries()) {
      const position = positions?.[number];
      if (stdio.kind !== "file" || !Number.isSafeInteger(position)) continue;
      const at = position as number;
      this.channel.send(numbersFrame(ToAgent.seek, number, at % TWO_32, Math.floor(at / TWO_32)));
    }
    if (this.syscalls?.changes.any) this.channel.send(frame(ToAgent.forget, 0, NOTHING));
    const told = this.streams?.toldFailures ?? 0;
    this.channel.send(numbersFrame(ToAgent.exit, 0, Number(status) & 0xff, told));
    const { worker } = this;
    this.worker = undefined;
    this.stop();
    if (worker) this.options.giveBack(worker);
    return { answer: {} };
  }

  /** The program never began. */
  private refuse({ argv, module }: ExecRequest, error: unknown): void {
    const name = toText(argv[0] ?? module);
    const text = new TextEncoder().encode(`tabnix: ${name}: ${reasonOf(error)}\n`);
    this.channel.send(frame(ToAgent.write, STDERR, text));
    const isMissing = error instanceof PosixError && error.code === "ENOENT";
    this.channel.send(numbersFrame(ToAgent.exit, 0, isMissing ? NOT_FOUND : CANNOT_RUN, 0));
  }

  private kill(signal: number): void {
    if (this.isOver) return;
    this.channel.send(numbersFrame(ToAgent.kill, 0, signal));
    this.stop();
  }

  private stop(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.worker?.terminate();
    this.worker = undefined;
    this.syscalls?.close();
    this.options.onEnd();
  }
}

function argumentsOf({ argv, descriptors }: ExecRequest, { standardInput }: ToolOptions): string[] {
  const given = argv.map(toText);
  return standardInput
    ? withStandardInput(given, standardInput, descriptors[STDIN]?.mode ?? 0)
    : given;
}

const READ_ONLY = { read: true, write: false, append: false, nonblocking: false };

function reasonOf(error: unknown): string {
  if (!(error instanceof PosixError)) return error instanceof Error ? error.message : String(error);
  if (error.code === "EACCES") return "permission denied";
  if (error.code === "ENOENT") return "not in the tree that the guest and its tools share";
  if (error.code === "EAGAIN") return "too many WebAssembly programs are running";
  return error.message;
}
