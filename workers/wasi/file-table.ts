/** A program's descriptors: its numbers for the files that the kernel has open for it. */
import type { FileKind, OpenFlags, Program } from "./contract.ts";
import { WasiError } from "./errno.ts";
import { FileRecords } from "./file-records.ts";
import { FdFlag } from "./layouts.ts";

/** Descriptors 0 to 2. */
export const STANDARD_FILES = 3;
export const STDERR = 2;

/** As records have a kind: its place here, and beside it how the file is open. */
const KINDS: readonly FileKind[] = ["file", "directory", "link", "stream", "terminal", "device"];
const READ = 1;
const WRITE = 2;
const KIND_SHIFT = 2;
/** As records have the position "end". */
const AT_END = -1;

/** A file that gets a descriptor. */
export interface NewFile {
  /** The kernel's number. It is not given to another file as long as the program runs. */
  readonly file: number;
  readonly kind: FileKind;
  readonly read: boolean;
  readonly write: boolean;
  /** {@link FdFlag} bits. */
  readonly flags: number;
}

export interface OpenFile extends NewFile {
  flags: number;
  /** Of a regular file. Duplicates, as of `2>&1`, have the same. */
  readonly cursor: Cursor;
  /** The path of a directory that is open from the start. */
  readonly preopen?: string;
}

/** Where reading and writing go on; after appending, wherever the end is, until somebody asks. */
export interface Cursor {
  position: number | "end";
  /** Waits until no other thread has it: it is taken from where a position is read to where it is set. */
  take(): void;
  give(): void;
}

export class FileTable {
  private readonly records: FileRecords;
  private readonly preopens: ReadonlyMap<number, string>;

  /** @param isFirst whether this is the thread that the program begins with: nothing is open before it */
  constructor({ stdio, preopens, threads }: FileTableOptions, isFirst = true) {
    this.records = new FileRecords(threads?.files);
    this.preopens = new Map(preopens.map(({ path, file }) => [file, path]));
    if (!isFirst) return;
    this.records.clear();
    stdio.forEach(({ kind, position, flags, sameAs }, number) => {
      this.put(newFile(number, kind, flags), position, sameAs);
    });
    const flags = { append: false, nonblocking: false, read: true, write: false };
    for (const { file } of preopens) this.put(newFile(file, "directory", flags));
  }

  /** Under the lowest number that is free, which it returns. @throws WasiError EMFILE */
  add(file: NewFile): number {
    return this.put(file);
  }

  /** The file of a descriptor, if it is open. */
  find(descriptor: number): OpenFile | undefined {
    const record = this.records.find(descriptor);
    return record === undefined ? undefined : this.fileOf(record);
  }

  /** @throws WasiError EBADF */
  get(descriptor: number): OpenFile {
    const file = this.find(descriptor);
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

  /** Frees the number. @throws WasiError EBADF */
  remove(descriptor: number): OpenFile {
    const file = this.get(descriptor);
    if (!this.records.remove(descriptor, file.file)) throw new WasiError("EBADF");
    return file;
  }

  /** Gives a file another's number. @returns the other, which has none now, if it is another */
  renumber(from: number, to: number): OpenFile | undefined {
    this.get(from);
    const replaced = this.get(to);
    if (from === to) return undefined;
    if (!this.records.move(from, to)) throw new WasiError("EBADF");
    return replaced;
  }

  private put({ file, kind, read, write, flags }: NewFile, position = 0, cursor?: number): number {
    const bits = (KINDS.indexOf(kind) << KIND_SHIFT) | (read ? READ : 0) | (write ? WRITE : 0);
    const shared = cursor === undefined ? {} : { cursor };
    return this.records.add({ file, kind: bits, flags, ...shared }, position);
  }

  private fileOf(record: number): OpenFile {
    const { records } = this;
    const { file, kind: bits, cursor, flags: now } = records.read(record);
    let flags = now;
    const kind = KINDS[bits >> KIND_SHIFT];
    // Another thread has just closed it.
    if (kind === undefined || file < 0) throw new WasiError("EBADF");
    const preopen = this.preopens.get(file);
    return {
      file,
      kind,
      read: (bits & READ) !== 0,
      write: (bits & WRITE) !== 0,
      get flags() {
        return flags;
      },
      set flags(changed) {
        flags = changed;
        records.setFlags(record, file, changed);
      },
      cursor: {
        get position() {
          const position = records.position(cursor);
          return position === AT_END ? "end" : position;
        },
        set position(position) {
          records.setPosition(cursor, file, position === "end" ? AT_END : position);
        },
        take: () => records.takeCursor(cursor),
        give: () => records.giveCursor(cursor),
      },
      ...(preopen === undefined ? {} : { preopen }),
    };
  }
}

type FileTableOptions = Pick<Program, "stdio" | "preopens" | "threads">;

/** A file that the kernel has just opened. */
export function newFile(
  file: number,
  kind: FileKind,
  { append, nonblocking, read, write }: OpenFlags,
): NewFile {
  const flags = (append ? FdFlag.append : 0) | (nonblocking ? FdFlag.nonblock : 0);
  return { file, kind, read, write, flags };
}

/** Whether reading or writing may have to wait. */
export function isStream({ kind }: OpenFile): boolean {
  return kind === "stream" || kind === "terminal";
}
