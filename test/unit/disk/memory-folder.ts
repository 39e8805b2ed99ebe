/**
 * A disk's folder in memory that remembers what was done to it, and can be cut off at any moment of it.
 * As in the browser's file system, blocks that may be written again soon are held back.
 */
import type { DiskFile, DiskFolder } from "../../../workers/kernel/disk/disk-file.ts";
import { DiskFullError } from "../../../workers/kernel/disk/disk-file.ts";
import { RecentBlocks } from "../../../workers/kernel/disk/recent-blocks.ts";

export type Step =
  | { file: string; type: "write"; offset: number; bytes: Uint8Array }
  | { file: string; type: "truncate"; size: number }
  | { file: string; type: "flush" };

export class MemoryFolder implements DiskFolder {
  readonly steps: Step[] = [];
  /** Bytes that all files together may have. */
  room = Number.POSITIVE_INFINITY;
  /** So many flushes of journals fail. */
  failsToFlush = 0;
  private readonly files = new Map<string, MemoryFile>();

  /** What a crash leaves of a folder to which these steps were done: all of them, and all their bytes. */
  static after(steps: Iterable<Step>): MemoryFolder {
    const folder = new MemoryFolder();
    for (const step of steps) {
      folder.steps.push(step);
      folder.file(step.file).apply(step);
    }
    return folder;
  }

  async open(name: string): Promise<DiskFile> {
    return new RecentBlocks(this.file(name));
  }

  remove(name: string): void {
    this.files.delete(name);
  }

  get used(): number {
    return [...this.files.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** The file itself, made if it is not there. */
  file(name: string): DiskFile & { apply(step: Step): void } {
    const file = this.files.get(name) ?? new MemoryFile(name, this);
    this.files.set(name, file);
    return file;
  }
}

class MemoryFile implements DiskFile {
  size = 0;
  private readonly name: string;
  private readonly folder: MemoryFolder;
  private bytes = new Uint8Array(4096);

  constructor(name: string, folder: MemoryFolder) {
    this.name = name;
    this.folder = folder;
  }

  read(offset: number, target: Uint8Array): number {
    const part = this.bytes.subarray(offset, Math.min(this.size, offset + target.length));
    target.set(part);
    return part.length;
  }

  write(offset: number, source: Uint8Array): void {
    const grows = Math.max(0, offset + source.length - this.size);
    if (this.folder.used + grows > this.folder.room) throw new DiskFullError();
    this.do({ file: this.name, type: "write", offset, bytes: source.slice() });
  }

  truncate(size: number): void {
    this.do({ file: this.name, type: "truncate", size });
  }

  flush(): void {
    if (this.name.startsWith("journal") && this.folder.failsToFlush > 0) {
      this.folder.failsToFlush -= 1;
      throw new DOMException("the device is gone", "InvalidStateError");
    }
    this.do({ file: this.name, type: "flush" });
  }

  close(): void {}

  apply(step: Step): void {
    if (step.type === "write") {
      this.resize(Math.max(this.size, step.offset + step.bytes.length));
      this.bytes.set(step.bytes, step.offset);
    } else if (step.type === "truncate") {
      this.resize(step.size);
    }
  }

  private do(step: Step): void {
    this.folder.steps.push(step);
    this.apply(step);
  }

  private resize(size: number): void {
    if (size > this.bytes.length) {
      const grown = new Uint8Array(Math.max(size, this.bytes.length * 2));
      grown.set(this.bytes);
      this.bytes = grown;
    }
    this.bytes.fill(0, size, Math.max(size, this.size));
    this.size = size;
  }
}
