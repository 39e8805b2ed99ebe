/** The kernel for one program, without threads: files are real, standard files are arrays of bytes. */
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import type { ErrnoName } from "../../../workers/kernel/filesystem/posix-error.ts";
import { ExecChannel } from "../../../workers/kernel/process/exec-channel.ts";
import type { OpenFile } from "../../../workers/kernel/process/open-files.ts";
import type { Result } from "../../../workers/kernel/process/result.ts";
import { AgentStreams } from "../../../workers/kernel/process/stream.ts";
import { Syscalls } from "../../../workers/kernel/process/syscalls.ts";
import type { Call, FileKind, Program, Stdio } from "../../../workers/wasi/contract.ts";
import type { Reply, Request } from "../../../workers/wasi/steps.ts";

/** The descriptor of `/` in a program of {@link TestKernel.program}. */
export const ROOT = 3;

const READ_ONLY = { append: false, nonblocking: false, read: true, write: false };
const WRITE_ONLY = { append: false, nonblocking: false, read: false, write: true };
const who = { uid: 0, gid: 0, groups: [], umask: 0o022 };
const none = new Uint8Array(0);

/** A pipe or a terminal. */
export const stream = (kind: FileKind, write: boolean, nonblocking = false): Stdio => ({
  kind,
  position: 0,
  flags: { ...(write ? WRITE_ONLY : READ_ONLY), nonblocking },
});

export class TestKernel {
  readonly fs = new FileSystem();
  /** What standard input has still to give; each read gives one piece at most. */
  readonly input: Uint8Array[] = [];
  /** By descriptor. */
  readonly output: [string, string, string] = ["", "", ""];
  /** Every call, in order. */
  readonly calls: Call[] = [];
  /** What the next call of a kind comes to, instead of being done. */
  readonly failures = new Map<Call["op"], ErrnoName>();
  /** Most bytes that a stream takes at once, and in all before its reader is gone. */
  streamBytes = Number.POSITIVE_INFINITY;
  readerBytes = Number.POSITIVE_INFINITY;
  private readonly opened = new Map<number, OpenFile>([
    [ROOT, { inode: this.fs.root, flags: READ_ONLY }],
  ]);
  private syscalls: Syscalls | undefined;

  /** A standard file that is one of the tree. Call before the program starts. */
  openStandard(number: number, path: string, stdio: Partial<Stdio> = {}): Stdio {
    const inode = this.fs.lookup(this.fs.root, path);
    const flags = { append: false, nonblocking: false, read: true, write: true, ...stdio.flags };
    this.opened.set(number, { inode, flags });
    return { kind: "file", position: 0, ...stdio, flags };
  }

  /** A program with pipes and the root. */
  program(module: WebAssembly.Module, changes: Partial<Program> = {}): Program {
    return {
      module,
      argv: ["program"],
      environment: [],
      stdio: [stream("stream", false), stream("stream", true), stream("stream", true)],
      preopens: [{ path: "/", file: ROOT }],
      ...changes,
    };
  }

  /** Answers a call at once. */
  readonly caller = ({ call: asked, data = [] }: Request): Reply => {
    // As it would arrive.
    const call: Call = JSON.parse(JSON.stringify(asked));
    this.calls.push(call);
    const failure = this.failures.get(call.op);
    if (failure) {
      this.failures.delete(call.op);
      return { answer: { error: failure }, data: none };
    }
    const bytes = Uint8Array.from(data.flatMap((piece) => [...piece]));
    const { answer, data: given = none } = this.onStream(call, bytes) ?? this.onTree(call, bytes);
    return { answer: JSON.parse(JSON.stringify(answer)), data: given };
  };

  /** The last call of a kind. */
  last<Op extends Call["op"]>(op: Op): Extract<Call, { op: Op }> | undefined {
    return this.calls.findLast((call): call is Extract<Call, { op: Op }> => call.op === op);
  }

  private onStream(call: Call, data: Uint8Array): Result | undefined {
    if (call.op === "poll") {
      const ready = call.files.map(({ write }) => write || this.input.length > 0);
      return { answer: { ready } };
    }
    if (call.op === "exit" || call.op === "sync") return { answer: {} };
    if (!("file" in call) || call.file >= ROOT || this.opened.has(call.file)) return undefined;
    if (call.op === "read") return this.readInput(call.length);
    if (call.op !== "write") return undefined;
    const descriptor = call.file as 0 | 1 | 2;
    if (this.output[descriptor].length >= this.readerBytes) return { answer: { error: "EPIPE" } };
    const taken = data.subarray(0, this.streamBytes);
    this.output[descriptor] += Buffer.from(taken).toString("latin1");
    return { answer: { count: taken.length } };
  }

  private readInput(length: number): Result {
    const piece = this.input.shift() ?? none;
    if (piece.length > length) this.input.unshift(piece.subarray(length));
    const data = piece.subarray(0, length);
    return { answer: { length: data.length }, data };
  }

  private onTree(call: Call, data: Uint8Array): Result {
    this.syscalls ??= new Syscalls({
      fs: this.fs,
      who,
      streams: new AgentStreams(
        new ExecChannel({ onRequest() {}, onWriteError() {}, onClose() {} }),
      ),
      files: new Map([...this.standardStreams(), ...this.opened]),
    });
    const result = this.syscalls.perform(call, data);
    if (result instanceof Promise) throw new Error(`${call.op} would wait`);
    return result;
  }

  private standardStreams(): [number, OpenFile][] {
    return [0, 1, 2].map((descriptor) => [descriptor, { descriptor, kind: "stream" }]);
  }
}
