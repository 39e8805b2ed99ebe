/** What a process has open, by number. */
import { MAX_PROCESS_FILES } from "../../shared/limits.ts";
import type { OpenFlags } from "../../wasi/contract.ts";
import type { FileSystem } from "../filesystem/filesystem.ts";
import type { Inode } from "../filesystem/inode.ts";
import { PosixError } from "../filesystem/posix-error.ts";
import type { Device } from "./devices.ts";

/** A file that a process has open: an inode of the tree, a descriptor of its agent's, or a device. */
export type OpenFile =
  | {
      inode: Inode;
      flags: OpenFlags;
      /** Where it was found, for one of the tree. */
      directory?: Inode;
    }
  | { descriptor: number; kind: "stream" | "terminal" }
  | { device: Device };

/** Keeps the inodes alive. */
export class OpenFiles {
  private readonly fs: FileSystem;
  private readonly files = new Map<number, OpenFile>();
  private nextNumber = 0;

  /** @param files those that are open from the start */
  constructor(fs: FileSystem, files: ReadonlyMap<number, OpenFile>) {
    this.fs = fs;
    for (const [number, file] of files) this.put(number, file);
  }

  /** @returns its number @throws PosixError EMFILE */
  add(file: OpenFile): number {
    if (this.files.size >= MAX_PROCESS_FILES) throw new PosixError("EMFILE");
    const number = this.nextNumber;
    this.put(number, file);
    return number;
  }

  /** The file of that number, if one is open. */
  find(number: number): OpenFile | undefined {
    return this.files.get(number);
  }

  /** @throws PosixError EBADF */
  get(number: number): OpenFile {
    const file = this.find(number);
    if (!file) throw new PosixError("EBADF");
    return file;
  }

  /** @throws PosixError EBADF, EINVAL for a descriptor of the agent's */
  inode(number: number): Inode {
    const file = this.get(number);
    if (!("inode" in file)) throw new PosixError("EINVAL");
    return file.inode;
  }

  /** @throws PosixError EBADF, EINVAL, ENOTDIR */
  directory(number: number): Inode {
    const inode = this.inode(number);
    if (!inode.isDirectory) throw new PosixError("ENOTDIR");
    return inode;
  }

  /** @throws PosixError EBADF */
  close(number: number): void {
    const file = this.get(number);
    this.files.delete(number);
    if ("inode" in file) this.fs.release(file.inode);
  }

  /** Keeps a file's inode alive, also when it is closed. @returns what lets it go */
  hold(number: number): () => void {
    const file = this.find(number);
    if (!file || !("inode" in file)) return () => {};
    const { inode } = file;
    this.fs.retain(inode);
    return () => this.fs.release(inode);
  }

  closeAll(): void {
    for (const number of [...this.files.keys()]) this.close(number);
  }

  private put(number: number, file: OpenFile): void {
    if ("inode" in file) this.fs.retain(file.inode);
    this.files.set(number, file);
    this.nextNumber = Math.max(this.nextNumber, number + 1);
  }
}
