/**
 * The kernel worker and a WASI worker. A WASI worker runs one module at a time; whatever the module asks
 * of the world it asks the kernel, which knows the tree, the process's streams and who the process is.
 *
 * A {@link Call} and its {@link Answer} go through shared memory where the page is isolated (channel.ts),
 * so that the module waits in place; else as messages, and the module is suspended by JSPI. Each
 * thread of a program is in a worker of its own, and calls for itself. Every call has an answer, `exit` too. Names, paths, arguments and the like are text that stands for any bytes: see
 * toText in workers/kernel/filesystem/names.ts.
 */
import type { ErrnoName } from "../kernel/filesystem/posix-error.ts";
import type { MemoryImage } from "./memory-image.ts";
import type { Prepared } from "./prepare.ts";

/** Kernel → WASI worker. */
export type ToWasi =
  /** First: the memory for calls, where there is shared memory. */
  | { type: "open"; memory?: SharedArrayBuffer }
  | { type: "start"; program: Program; thread?: Thread }
  /** Run a program until it has prepared itself: see prepare.ts. */
  | { type: "prepare"; program: Program }
  /** To a {@link FromWasi} `call`, where there is no shared memory. */
  | { type: "answer"; answer: Answer; data?: CallData };

/** WASI worker → kernel. */
export type FromWasi =
  /** Ready for a program: sent once after `open`, and after each program's `exit` or `prepared`. */
  | { type: "ready" }
  /** The answer to `prepare`: what the program's memory is now, if it has come so far. */
  | { type: "prepared"; image?: MemoryImage }
  /** A call. With shared memory the call is there, and this is only the bell. */
  | { type: "call"; call?: Call; data?: CallData };

/** What a WASI worker runs. */
export interface Program {
  module: WebAssembly.Module;
  argv: string[];
  /** NAME=value. */
  environment: string[];
  /** What files 0, 1 and 2 are. The kernel has them open under these numbers. */
  stdio: [Stdio, Stdio, Stdio];
  /** Directories that are open for the program, in the order of their file numbers from 3 on. */
  preopens: { path: string; file: number }[];
  /** What it begins with, if not as its module has it. */
  prepared?: Prepared;
  /** Of the kernel's files, where memory is shared: see workers/shared/content-stamps.ts. */
  stamps?: SharedArrayBuffer;
  /** What its threads share, if it is a module for threads. */
  threads?: SharedByThreads;
}

/** Of a module that imports its memory. */
export interface SharedByThreads {
  memory: WebAssembly.Memory;
  /** The names under which it imports the memory. */
  import: { module: string; name: string };
  /** The open files: see file-records.ts. */
  files: SharedArrayBuffer;
}

/** A thread that a program has started, beside the one it began with. */
export interface Thread {
  id: number;
  /** For the module's own use. */
  argument: number;
}

/** One of a program's standard files, as it gets it. */
export interface Stdio {
  kind: FileKind;
  /** A regular file: where it goes on. */
  position: number;
  flags: OpenFlags;
  /** A standard file of a lower number that this one duplicates, as after `2>&1`: one position for both. */
  sameAs?: number;
}

export type FileKind = "file" | "directory" | "link" | "stream" | "terminal" | "device";

/** Of an open file. */
export interface OpenFlags {
  append: boolean;
  nonblocking: boolean;
  read: boolean;
  write: boolean;
}

/** Times are nanoseconds since 1970, which are no safe integers: decimal digits. */
export type Nanoseconds = string;

export interface Status {
  inode: number;
  kind: FileKind;
  links: number;
  size: number;
  atime: Nanoseconds;
  mtime: Nanoseconds;
  ctime: Nanoseconds;
}

export interface DirectoryEntry {
  name: string;
  inode: number;
  kind: FileKind;
  /** Where a reader that has taken this entry goes on. */
  cookie: number;
}

/** A change of times: a moment, the present, or none. */
export type TimeChange = Nanoseconds | "now" | undefined;

/**
 * What a program may ask. `file` numbers are the kernel's, of files it has open for the process; `at` is
 * an open directory that a path starts from. Paths never lead out of `/`; permissions are the caller's.
 */
export type Call =
  | {
      op: "open";
      at: number;
      path: string;
      follow: boolean;
      create: boolean;
      exclusive: boolean;
      directory: boolean;
      truncate: boolean;
      flags: OpenFlags;
    }
  | { op: "close"; file: number }
  /** A file's bytes from `offset`; a stream's next, at least one unless it ends: then none. */
  | { op: "read"; file: number; offset: number; length: number }
  /** The answer's data has to be in {@link CallData}. "end" appends; streams ignore the offset. */
  | { op: "write"; file: number; offset: number | "end" }
  | { op: "stat"; file: number }
  | { op: "statAt"; at: number; path: string; follow: boolean }
  | { op: "setSize"; file: number; size: number }
  | { op: "setTimes"; file: number; atime?: TimeChange; mtime?: TimeChange }
  | {
      op: "setTimesAt";
      at: number;
      path: string;
      follow: boolean;
      atime?: TimeChange;
      mtime?: TimeChange;
    }
  /** Entries after a cookie; 0 from the start. At most `count`. */
  | { op: "list"; file: number; cookie: number; count: number }
  | { op: "mkdir"; at: number; path: string }
  | { op: "unlink"; at: number; path: string }
  | { op: "rmdir"; at: number; path: string }
  | { op: "rename"; at: number; path: string; newAt: number; newPath: string }
  | { op: "link"; at: number; path: string; follow: boolean; newAt: number; newPath: string }
  | { op: "symlink"; target: string; at: number; path: string }
  | { op: "readlink"; at: number; path: string }
  | { op: "sync"; file: number }
  /** Waits until one of the streams is ready, or for so many milliseconds; null for ever. */
  | { op: "poll"; files: { file: number; write: boolean }[]; timeout: number | null }
  /** Starts a thread with that argument. */
  | { op: "spawnThread"; argument: number }
  /** The thread has ended, but not the program. */
  | { op: "threadExit" }
  /** The program has ended, with all its threads. `positions` are where its standard files 0 to 2 are, if they are regular. */
  | { op: "exit"; status: number; positions: (number | null)[] };

/** Bytes that go with a call or an answer, beside it. */
export type CallData = Uint8Array;

/** What comes back. A failed call has only `error`. */
export type Answer =
  | { error: ErrnoName }
  | {
      error?: undefined;
      /** `spawnThread`: its number. */
      thread?: number;
      /** `open`: its number. */
      file?: number;
      /** `open`, `stat`, `statAt`. */
      status?: Status;
      /** `write`: bytes taken. */
      count?: number;
      /** `list`. */
      entries?: DirectoryEntry[];
      /** `readlink`. */
      target?: string;
      /** `poll`: for each file asked for, whether it is ready. All false: the time is over. */
      ready?: boolean[];
      /** `read`: how many bytes of {@link CallData} there are. */
      length?: number;
      /** `read` of a file of the tree: the number by which its content has a stamp. */
      inode?: number;
    };
