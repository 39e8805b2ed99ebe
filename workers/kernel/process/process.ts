/** One WebAssembly process, from its agent's request until it has ended. */
import { MAX_PROGRAM_MEMORY_BYTES } from "../../shared/limits.ts";
import type { Call, Program } from "../../wasi/contract.ts";
import type { Eventually } from "../filesystem/contents.ts";
import type { Inode } from "../filesystem/inode.ts";
import { type ByteString, toText } from "../filesystem/names.ts";
import { readInode } from "../filesystem/paths.ts";
import { errno, PosixError } from "../filesystem/posix-error.ts";
import { type Credentials, checkAccess, EXECUTE } from "./access.ts";
import { ExecChannel, type ExecListener } from "./exec-channel.ts";
import { type ExecRequest, frame, numbersFrame, ToAgent } from "./exec-protocol.ts";
import { withMemoryLimits } from "./memory-limit.ts";
import { Obstacle } from "./obstacle.ts";
import type { OpenFile } from "./open-files.ts";
import { type Preopen, preopensOf, WORKING_DIRECTORY, workingDirectory } from "./preopens.ts";
import type { ProcessOptions } from "./process-options.ts";
import { refusalOf } from "./refusal.ts";
import type { Result } from "./result.ts";
import { withStandardInput } from "./standard-input.ts";
import { type StandardFile, standardFiles, treePath } from "./stdio.ts";
import { AgentStreams } from "./stream.ts";
import { Syscalls } from "./syscalls.ts";
import { sharedByThreads, ThreadGroup } from "./thread-group.ts";
import { type ToolOptions, toolOptions, withOptions } from "./tool-options.ts";
import { Walker } from "./walker.ts";
import { WasixRun } from "./wasix-program.ts";

const STDIN = 0;
const SIGKILL = 9;
const SIGPIPE = 13;
const TWO_32 = 2 ** 32;
const NOTHING = new Uint8Array(0);

export class Process implements ExecListener {
  readonly channel: ExecChannel;
  private readonly options: ProcessOptions;
  private engine: ThreadGroup | WasixRun | undefined;
  private syscalls: Syscalls | undefined;
  private streams: AgentStreams | undefined;
  private hasExited = false;
  private isOver = false;

  constructor(options: ProcessOptions) {
    this.options = options;
    this.channel = new ExecChannel(this);
  }

  onRequest(request: ExecRequest): void {
    this.start(request).catch((error) => {
      for (const one of refusalOf(request, error)) this.channel.send(one);
    });
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
    const inode = this.findModule(request.module, request);
    if (obstacle) throw new Obstacle(obstacle);
    const runnable = await modules.get(inode);
    if (this.isOver) return;
    this.options.mustHaveRoom();
    if (runnable.engine === "wasix") return this.startWasix(request, inode);
    const { module, sharedMemory } = runnable;
    const options = toolOptions(module);
    const shared = sharedMemory && sharedByThreads(sharedMemory);
    const worker = await this.options.takeWorker();
    if (this.isOver) return this.options.giveBack(worker);
    const preopens = preopensOf(fs, request.directory, request, options);
    const { standard, syscalls } = this.begin(request, preopens, shared !== undefined);
    const environment = request.environment.map(toText);
    const stamps = fs.contentStamps.memory;
    const program: Program = {
      module,
      argv: argumentsOf(request, options),
      environment: withOptions(environment, workingDirectory(fs, request), options),
      stdio: standard.map(({ stdio }) => stdio) as Program["stdio"],
      preopens: preopens.map(({ path, file }) => ({ path, file })),
      ...(stamps ? { stamps } : {}),
      ...(shared ? { threads: shared } : {}),
    };
    const { takeWorker, giveBack, reserveThread, releaseThread } = this.options;
    const threads = new ThreadGroup({
      program: this.options.preparations.use(program, { request, options, preopens }),
      takeWorker,
      giveBack,
      reserveThread,
      releaseThread,
      perform: (call, data, room) => syscalls.perform(call, data, room),
      onExit: (call) => this.exit(call, standard),
      onBroken: () => this.kill(SIGKILL),
    });
    this.engine = threads;
    threads.run(worker);
  }

  /** Runs a program as it is in a file, in an engine of its own. */
  private async startWasix(request: ExecRequest, inode: Inode): Promise<void> {
    const { fs, wasix, reserveWasix, releaseWasix } = this.options;
    if (!wasix) throw new Obstacle("it needs WASIX, and there is no engine for it here");
    const bytes = withMemoryLimits(await readInode(fs, inode), MAX_PROGRAM_MEMORY_BYTES);
    const [folder] = preopensOf(fs, request.directory, request, NO_OPTIONS);
    if (folder?.path !== WORKING_DIRECTORY) {
      throw new Error(
        "the folder it runs in is not in the tree that the guest and its tools share",
      );
    }
    const sdk = await wasix.sdk();
    if (this.isOver) return;
    reserveWasix();
    const { standard, syscalls } = this.begin(request, [folder], true);
    this.engine = new WasixRun({
      thread: wasix.spawn(),
      program: {
        sdk,
        bytes,
        argv: request.argv.map(toText),
        environment: request.environment.map(toText),
        stdio: standard.map(({ stdio }) => stdio) as Program["stdio"],
        directory: folder.file,
      },
      perform: (call, data) => syscalls.perform(call, data),
      onExit: (call) => this.exit(call, standard),
      onEnd: releaseWasix,
    });
  }

  /** What the process has open when it starts. */
  private begin(request: ExecRequest, preopens: readonly Preopen[], isShared: boolean) {
    const { fs } = this.options;
    this.streams = new AgentStreams(this.channel, isShared);
    const standard = standardFiles(fs, request.descriptors);
    const files = new Map<number, OpenFile>();
    for (const [number, { open }] of standard.entries()) if (open) files.set(number, open);
    for (const { file, inode } of preopens) files.set(file, { inode, flags: READ_ONLY });
    const syscalls = new Syscalls({ fs, who: request, streams: this.streams, files });
    this.syscalls = syscalls;
    return { standard, syscalls };
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
    this.hasExited = true;
    const told = this.streams?.toldFailures ?? 0;
    this.channel.send(numbersFrame(ToAgent.exit, 0, Number(status) & 0xff, told));
    this.stop();
    return { answer: {} };
  }

  private kill(signal: number): void {
    if (this.isOver) return;
    this.channel.send(numbersFrame(ToAgent.kill, 0, signal));
    this.stop();
  }

  private stop(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.engine?.terminate();
    this.syscalls?.close();
    // Its agent is gone, and cannot make the guest forget.
    if (this.syscalls?.changes.any && !this.hasExited) this.options.onUntoldChange();
    this.options.onEnd();
  }
}

function argumentsOf({ argv, descriptors }: ExecRequest, { standardInput }: ToolOptions): string[] {
  const given = argv.map(toText);
  return standardInput
    ? withStandardInput(given, standardInput, descriptors[STDIN]?.mode ?? 0)
    : given;
}

const NO_OPTIONS: ToolOptions = { folders: [], environment: new Map(), searchPaths: new Map() };
const READ_ONLY = { read: true, write: false, append: false, nonblocking: false };
