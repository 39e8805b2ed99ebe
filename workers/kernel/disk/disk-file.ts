/** The files that a disk is kept in. Browsers differ in what they offer; see opfs.ts and indexed-db.ts. */
import type { Eventually } from "../filesystem/contents.ts";
import { PosixError } from "../filesystem/posix-error.ts";

/** A file of bytes, read and written in place. Calls take effect in the order they are made. */
export interface DiskFile {
  /** Length in bytes. */
  readonly size: number;
  /** Fills `target` from `offset`. @returns bytes read: fewer at the end of the file */
  read(offset: number, target: Uint8Array): number;
  /** Writes all of `source`, which the file does not keep. @throws DiskFullError */
  write(offset: number, source: Uint8Array): void;
  truncate(size: number): void;
  /** Done when everything before it is durable. @throws DiskFullError (or by the promise) */
  flush(): Eventually<void>;
  /** Gives the file free for others. It is not flushed. */
  close(): void;
}

/** Where the files of one disk are. Nobody else may open them meanwhile. */
export interface DiskFolder {
  /** Opens a file, empty if it is new. */
  open(name: string): Promise<DiskFile>;
}

/** The browser gives no more room. */
export class DiskFullError extends Error {
  override readonly name = "DiskFullError";
}

/** Does something that may need room. @throws PosixError ENOSPC */
export function noSpaceWhenFull(work: () => void): void {
  try {
    work();
  } catch (error) {
    throw error instanceof DiskFullError ? new PosixError("ENOSPC", error.message) : error;
  }
}
