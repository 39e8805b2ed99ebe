import { fromErrorMessage, TabnixError, toErrorMessage } from "../../shared/errors.ts";
import type { FileSystem } from "./filesystem.ts";
import type { Inode } from "./inode.ts";
import { walk } from "./paths.ts";

/** The content of a base file cannot be had; `cause` says why. Whoever reads it gets EIO. */
export class BaseFailure extends Error {
  override readonly name = "BaseFailure";
  readonly inode: Inode;

  constructor(inode: Inode, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.inode = inode;
  }
}

/** For people: names the file by its path, which only the tree knows. Other errors stay as they are. */
export function explainFailure(fs: FileSystem, error: unknown): TabnixError {
  const failed = error instanceof BaseFailure;
  const cause = fromErrorMessage(toErrorMessage(failed ? error.cause : error, "malformed"));
  if (!failed) return cause;
  const path = pathOf(fs, error.inode);
  return new TabnixError(cause.code, `${path} cannot be read. ${cause.message}`, cause.hint, error);
}

function pathOf(fs: FileSystem, inode: Inode): string {
  for (const entry of walk(fs)) if (entry.inode === inode) return entry.path;
  return "A deleted file";
}
