/**
 * What a WebAssembly program asks for (workers/wasi/contract.ts), done on the one tree with the
 * permissions of who started it. Calls come from a program that nobody trusts: each field is checked.
 */
import type { Call } from "../../wasi/contract.ts";
import type { Eventually } from "../filesystem/contents.ts";
import type { FileSystem } from "../filesystem/filesystem.ts";
import { type ErrnoName, PosixError } from "../filesystem/posix-error.ts";
import type { Credentials } from "./access.ts";
import { Devices } from "./devices.ts";
import { FileCalls } from "./file-calls.ts";
import { CachedChanges } from "./live-tree.ts";
import { NameCalls } from "./name-calls.ts";
import { type OpenFile, OpenFiles } from "./open-files.ts";
import { done, type Result } from "./result.ts";
import type { Streams } from "./stream.ts";
import { Walker } from "./walker.ts";

export interface SyscallOptions {
  fs: FileSystem;
  who: Credentials;
  streams: Streams;
  /** Files that are open from the start, by number. */
  files: ReadonlyMap<number, OpenFile>;
}

export class Syscalls {
  /** What the guest does not know of. */
  readonly changes: CachedChanges;
  private readonly files: OpenFiles;
  private readonly onFiles: FileCalls;
  private readonly onNames: NameCalls;

  constructor({ fs, who, streams, files }: SyscallOptions) {
    this.changes = new CachedChanges(fs);
    this.files = new OpenFiles(fs, files);
    const walker = new Walker(fs, who);
    const tree = { fs, files: this.files, walker };
    const options = { ...tree, who, changes: this.changes, devices: new Devices(tree) };
    this.onFiles = new FileCalls({ ...options, streams });
    this.onNames = new NameCalls(options);
  }

  /**
   * Does what a call asks for, other than `exit`.
   *
   * @param data the bytes that came with it; they must not change before the result is there
   * @param room where a read is best put
   */
  perform(call: Call, data: Uint8Array, room?: (length: number) => Uint8Array): Eventually<Result> {
    try {
      const result = this.dispatch(call, data, room);
      if (!(result instanceof Promise)) return result;
      // Another thread may close the file meanwhile.
      const release = "file" in call ? this.files.hold(call.file) : () => {};
      return result.catch(failure).finally(release);
    } catch (error) {
      return failure(error);
    }
  }

  /** Closes everything: the process is gone. */
  close(): void {
    this.files.closeAll();
  }

  private dispatch(
    call: Call,
    data: Uint8Array,
    room: ((length: number) => Uint8Array) | undefined,
  ): Eventually<Result> {
    switch (call.op) {
      case "open":
        return this.onFiles.open(call);
      case "close":
        this.files.close(call.file);
        return done();
      case "read":
        return this.onFiles.read(call, room);
      case "write":
        return this.onFiles.write(call, data);
      case "stat":
        return this.onFiles.stat(call);
      case "statAt":
        return this.onNames.statAt(call);
      case "setSize":
        return this.onFiles.setSize(call);
      case "setTimes":
        return this.onNames.setTimesOf(call);
      case "setTimesAt":
        return this.onNames.setTimesAt(call);
      case "list":
        return this.onFiles.list(call);
      case "mkdir":
        return this.onNames.mkdir(call);
      case "unlink":
        return this.onNames.unlink(call);
      case "rmdir":
        return this.onNames.rmdir(call);
      case "rename":
        return this.onNames.rename(call);
      case "link":
        return this.onNames.link(call);
      case "symlink":
        return this.onNames.symlink(call);
      case "readlink":
        return this.onNames.readlink(call);
      case "sync":
        return this.onFiles.sync(call);
      case "poll":
        return this.onFiles.poll(call);
      default:
        throw new PosixError("ENOSYS");
    }
  }
}

function failure(error: unknown): Result {
  return { answer: { error: errorName(error) } };
}

/** A field of the wrong type shows as a TypeError; a base file that cannot be had as EIO. */
function errorName(error: unknown): ErrnoName {
  if (error instanceof PosixError) return error.code;
  return error instanceof TypeError ? "EINVAL" : "EIO";
}
