/** A program's descriptors: its numbers for the files that the kernel has open for it. */
import type { FileKind, OpenFlags, Program } from "./contract.ts";
import { WasiError } from "./errno.ts";
import { FdFlag } from "./layouts.ts";

/** Descriptors 0 to 2. */
export const STANDARD_FILES = 3;
export const STDERR = 2;

export interface OpenFile {
  /** The kernel's number. */
  readonly file: number;
  readonly kind: FileKind;
  readonly read: boolean;
  readonly write: boolean;
  /** {@link FdFlag} bits. */
  flags: number;
  /** Of a regular file. Duplicates, as of `2>&1`, have the same. */
  readonly cursor: Cursor;
  /** The path of a directory that is open from the start. */
  readonly preopen?: string;
}

/** Where reading and writing go on; after appending, wherever the end is, until somebody asks. */
export interface Cursor {
  position: number | "end";
}

export class FileTable {
  private readonly files: (OpenFile | undefined)[] = [];

  constructor({ stdio, preopens }: Pick<Program, "stdio" | "preopens">) {
    stdio.forEach(({ kind, position, flags, sameAs }, number) => {
      const shared = sameAs === undefined ? undefined : this.files[sameAs]?.cursor;
      this.add(openFile(number, kind, flags, shared ?? { position }));
    });
    const flags = { append: false, nonblocking: false, read: true, write: false };
    for (const { path, file } of preopens) {
      this.add({ ...openFile(file, "directory", flags), preopen: path });
    }
  }

  /** Under the lowest number that is free, which it returns. */
  add(file: OpenFile): number {
    const free = this.files.indexOf(undefined);
    if (free < 0) return this.files.push(file) - 1;
    this.files[free] = file;
    return free;
  }

  /** The file of a descriptor, if it is open. */
  find(descriptor: number): OpenFile | undefined {
    return this.files[descriptor];
  }

  /** @throws WasiError EBADF */
  get(descriptor: number): OpenFile {
    const file = this.files[descriptor];
    if (!file) throw new WasiError("EBADF");
    return file;
  }

  /** A file that is no directory and open for reading. */
  readable(descriptor: number): OpenFile {
    const file = this.get(descriptor);
    if (file.kind === "directory") throw new WasiError("EISDIR");
    if (!file.read) throw new WasiError("EBADF");
    return file;
  }

  /** A file that is open for writing. */
  writable(descriptor: number): OpenFile {
    const file = this.get(descriptor);
    if (!file.write) throw new WasiError("EBADF");
    return file;
  }

  /** A file that has positions. */
  seekable(descriptor: number): OpenFile {
    const file = this.get(descriptor);
    if (file.kind === "directory") throw new WasiError("EBADF");
    if (file.kind !== "file") throw new WasiError("ESPIPE");
    return file;
  }

  /** Frees the number. */
  remove(descriptor: number): OpenFile {
    const file = this.get(descriptor);
    this.files[descriptor] = undefined;
    return file;
  }

  /** Gives a file another's number. @returns the other, which has none now, if it is another */
  renumber(from: number, to: number): OpenFile | undefined {
    const file = this.get(from);
    const replaced = this.get(to);
    if (from === to) return undefined;
    this.files[to] = file;
    this.files[from] = undefined;
    return replaced;
  }
}

/** A file that the kernel has just opened. */
export function openFile(
  file: number,
  kind: FileKind,
  { append, nonblocking, read, write }: OpenFlags,
  cursor: Cursor = { position: 0 },
): OpenFile {
  const flags = (append ? FdFlag.append : 0) | (nonblocking ? FdFlag.nonblock : 0);
  return { file, kind, read, write, flags, cursor };
}

/** Whether reading or writing may have to wait. */
export function isStream({ kind }: OpenFile): boolean {
  return kind === "stream" || kind === "terminal";
}
