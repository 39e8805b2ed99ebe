/**
 * The files of a computer, from outside of it: past its users and their permissions, as root. Paths are
 * absolute; bytes of names that are not UTF-8 are lone surrogates U+DC80 to U+DCFF, so every name can be
 * used again as it was given. What the guest mounts by itself, as /proc, is not in them.
 */
import type { FileEntry, FileStatus, Replaceable } from "../workers/kernel/files/contract.ts";

export type { FileEntry, FileKind, FileStatus } from "../workers/kernel/files/contract.ts";
export type { Replaceable };

/** For what may take long. */
export interface Long {
  /** Ends it with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** For what carries contents. */
export interface Transfer extends Long {
  /** Told of bytes that are done, each once. */
  onBytes?: ((bytes: number) => void) | undefined;
}

export interface WriteOptions extends Transfer {
  /** What may have had the name; nothing unless given. */
  replaces?: Replaceable;
  /** Permission bits; unless given those of the file that it replaces, or 0644. */
  mode?: number;
}

/** Each call throws a {@link TabnixError} that says why in plain words: `exists`, `not-found`, `full`… */
export interface FileAccess {
  /** What is in a directory, in no order. */
  list(path: string, options?: Long): Promise<FileEntry[]>;
  /** What a path leads to, or with `follow: false` a symbolic link at its end. */
  status(path: string, options?: { follow?: boolean }): Promise<FileStatus>;
  /** The content of a file, in pieces. @throws TabnixError `changed` when it was replaced meanwhile */
  read(path: string, options?: Transfer): AsyncIterable<Uint8Array<ArrayBuffer>>;
  /**
   * Writes a whole file. It has its name when all of it is there; until then, and for ever if this fails or
   * is ended, the name is what it was.
   *
   * @throws TabnixError `exists`, and `changed` when the file is not of the version that it may replace
   */
  write(path: string, content: Blob, options?: WriteOptions): Promise<FileStatus>;
  /** The one above must be there. */
  makeDirectory(path: string): Promise<void>;
  /** @param options.replaces what may have had the new name; nothing unless given */
  rename(path: string, to: string, options?: { replaces?: "nothing" | "anything" }): Promise<void>;
  /**
   * Removes what is there, a directory with all that is in it.
   *
   * @param options.onRemoved told of names that are gone, each once
   * @returns how many names are gone
   */
  remove(path: string, options?: Long & { onRemoved?(names: number): void }): Promise<number>;
  /**
   * Does many things as one. Where the guest has a cache between, it writes back once, before the first
   * look, and is told of changes once, when `work` is done: each time costs it all that it has cached.
   */
  together<Result>(work: () => Promise<Result>): Promise<Result>;
}
