/** Compiled modules. One is compiled once for each content it has had. */
import { KEPT_MODULES, MAX_MODULE_BYTES } from "../../shared/limits.ts";
import type { FileSystem } from "../filesystem/filesystem.ts";
import type { Inode } from "../filesystem/inode.ts";
import { readInode } from "../filesystem/paths.ts";
import { PosixError } from "../filesystem/posix-error.ts";

interface Compiled {
  version: number;
  module: Promise<WebAssembly.Module>;
}

export class Modules {
  private readonly fs: FileSystem;
  /** By inode number, the least recently used first. */
  private readonly compiled = new Map<number, Compiled>();

  constructor(fs: FileSystem) {
    this.fs = fs;
  }

  /** @throws WebAssembly.CompileError, PosixError EFBIG (by the promise) */
  get(inode: Inode): Promise<WebAssembly.Module> {
    const known = this.compiled.get(inode.number);
    const entry =
      known?.version === inode.version
        ? known
        : { version: inode.version, module: this.compile(inode) };
    this.compiled.delete(inode.number);
    this.compiled.set(inode.number, entry);
    for (const number of this.compiled.keys()) {
      if (this.compiled.size <= KEPT_MODULES) break;
      this.compiled.delete(number);
    }
    return entry.module;
  }

  private async compile(inode: Inode): Promise<WebAssembly.Module> {
    try {
      if (inode.size > MAX_MODULE_BYTES) throw new PosixError("EFBIG", "the module is too large");
      return await WebAssembly.compile(await readInode(this.fs, inode));
    } catch (error) {
      // It may be there, or right, the next time.
      this.compiled.delete(inode.number);
      throw error;
    }
  }
}
