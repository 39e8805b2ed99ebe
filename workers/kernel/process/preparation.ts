/** A program that prepares itself (workers/wasi/prepare.ts), in the background: nobody has started it. */
import { MAX_PREPARED_BYTES, PREPARATION_MS } from "../../shared/limits.ts";
import type { Call, Program } from "../../wasi/contract.ts";
import type { MemoryImage } from "../../wasi/memory-image.ts";
import type { FileSystem } from "../filesystem/filesystem.ts";
import { PosixError } from "../filesystem/posix-error.ts";
import type { Credentials } from "./access.ts";
import { Findings } from "./findings.ts";
import type { OpenFile } from "./open-files.ts";
import type { Preopen } from "./preopens.ts";
import type { Op, Result } from "./result.ts";
import type { Streams } from "./stream.ts";
import { Syscalls } from "./syscalls.ts";
import type { WasiWorker } from "./wasi-worker.ts";

const STANDARD_FILES = 3;
const READ_ONLY = { read: true, write: false, append: false, nonblocking: false };
const REFUSED: Result = { answer: { error: "EROFS" } };
/** A preparation that needs these is none. */
const NO_STREAMS: Streams = {
  read: () => Promise.reject(new PosixError("EIO")),
  write: () => fail(),
  poll: () => Promise.reject(new PosixError("EIO")),
};

export interface PreparationOptions {
  fs: FileSystem;
  who: Credentials;
  preopens: readonly Preopen[];
}

/** What a program has become, and what that depends on. */
export interface Outcome {
  image: MemoryImage;
  findings: Findings;
}

/** Lets the program look at files, and notes where it does. Nothing else is granted. */
export class Preparation {
  private readonly findings: Findings;
  private readonly preopens: ReadonlyMap<number, Preopen>;
  private readonly syscalls: Syscalls;

  constructor({ fs, who, preopens }: PreparationOptions) {
    this.findings = new Findings(fs, who);
    this.preopens = new Map(preopens.map((preopen) => [preopen.file, preopen]));
    const files = new Map<number, OpenFile>();
    for (let descriptor = 0; descriptor < STANDARD_FILES; descriptor++) {
      files.set(descriptor, { descriptor, kind: "stream" });
    }
    for (const { file, inode } of preopens) files.set(file, { inode, flags: READ_ONLY });
    this.syscalls = new Syscalls({ fs, who, streams: NO_STREAMS, files });
  }

  /** Has the program prepare itself. @returns nothing if it does more than look, or takes too long */
  async run(
    worker: WasiWorker,
    program: Program,
    giveBack: (worker: WasiWorker) => void,
  ): Promise<Outcome | undefined> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const image = await new Promise<MemoryImage | undefined>((resolve) => {
      const giveUp = () => {
        worker.terminate();
        resolve(undefined);
      };
      timer = setTimeout(giveUp, PREPARATION_MS);
      worker.prepare(program, {
        onCall: (call, data, room) => {
          if (this.mayPerform(call)) return this.syscalls.perform(call, data, room);
          giveUp();
          return REFUSED;
        },
        onBroken: giveUp,
        onPrepared: (made) => {
          giveBack(worker);
          resolve(made);
        },
      });
    });
    clearTimeout(timer);
    this.syscalls.close();
    const isOfUse = image && image.data.length <= MAX_PREPARED_BYTES;
    return isOfUse ? { image, findings: this.findings } : undefined;
  }

  private mayPerform(call: Call): boolean {
    switch (call.op) {
      case "open":
        return !changes(call) && this.note(call);
      case "statAt":
        return this.note(call);
      case "readlink":
        return this.note({ ...call, follow: false });
      case "list":
      case "stat":
        // What it has opened is noted, but for what was open from the start.
        return (
          !this.preopens.has(call.file) || this.note({ at: call.file, path: ".", follow: true })
        );
      case "read":
        return call.file >= STANDARD_FILES;
      case "close":
        return true;
      default:
        return false;
    }
  }

  private note({ at, path, follow }: { at: number; path: string; follow: boolean }): boolean {
    const preopen = this.preopens.get(at);
    if (preopen) this.findings.note({ from: preopen.inode, path, follow });
    return preopen !== undefined;
  }
}

function changes({ create, truncate, flags }: Op<"open">): boolean {
  return create || truncate || flags.write || flags.append;
}

function fail(): never {
  throw new PosixError("EIO");
}
