/** Compiled modules. One is compiled once for each content it has had. */
import { KEPT_MODULES, MAX_MODULE_BYTES, MAX_PROGRAM_MEMORY_BYTES } from "../../shared/limits.ts";
import type { FileSystem } from "../filesystem/filesystem.ts";
import type { Inode } from "../filesystem/inode.ts";
import { readInode } from "../filesystem/paths.ts";
import { PosixError } from "../filesystem/posix-error.ts";
import { withMemoryLimit } from "./memory-limit.ts";
import { needsOf, type SharedMemoryImport } from "./module-imports.ts";
import { Obstacle } from "./obstacle.ts";

/** What a file is run by. */
export type Runnable =
  | {
      engine: "wasi";
      module: WebAssembly.Module;
      /** The memory that it must be given. */
      sharedMemory?: SharedMemoryImport;
    }
  /** The engine takes the file as it is. */
  | { engine: "wasix" };

interface Compiled {
  version: number;
  runnable: Promise<Runnable>;
}

const NO_THREADS = "it has threads, which run only where the page is isolated";
const NO_WASIX = "it needs WASIX, which runs only where the page is isolated";

export class Modules {
  private readonly fs: FileSystem;
  private readonly mayShare: boolean;
  /** By inode number, the least recently used first. */
  private readonly compiled = new Map<number, Compiled>();

  /** @param mayShare whether workers can share memory, so that modules can have threads */
  constructor(fs: FileSystem, mayShare: boolean) {
    this.fs = fs;
    this.mayShare = mayShare;
  }

  /** @throws WebAssembly.CompileError, PosixError EFBIG or ENOMEM, Obstacle (by the promise) */
  get(inode: Inode): Promise<Runnable> {
    const known = this.compiled.get(inode.number);
    const entry =
      known?.version === inode.version
        ? known
        : { version: inode.version, runnable: this.compile(inode) };
    this.compiled.delete(inode.number);
    this.compiled.set(inode.number, entry);
    for (const number of this.compiled.keys()) {
      if (this.compiled.size <= KEPT_MODULES) break;
      this.compiled.delete(number);
    }
    return entry.runnable;
  }

  private async compile(inode: Inode): Promise<Runnable> {
    try {
      if (inode.size > MAX_MODULE_BYTES) throw new PosixError("EFBIG", "the module is too large");
      const bytes = await readInode(this.fs, inode);
      const { sharedMemory, wasix } = needsOf(bytes);
      if (wasix && !this.mayShare) throw new Obstacle(NO_WASIX);
      if (wasix) return { engine: "wasix" };
      if (sharedMemory && !this.mayShare) throw new Obstacle(NO_THREADS);
      const module = await WebAssembly.compile(withMemoryLimit(bytes, MAX_PROGRAM_MEMORY_BYTES));
      return { engine: "wasi", module, ...(sharedMemory ? { sharedMemory } : {}) };
    } catch (error) {
      // It may be there, or right, the next time.
      this.compiled.delete(inode.number);
      throw error;
    }
  }
}
