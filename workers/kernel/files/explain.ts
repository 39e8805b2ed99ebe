/** Why a file call failed, in words. */
import { type ErrorCode, TabnixError } from "../../shared/errors.ts";
import { explainFailure } from "../filesystem/base-failure.ts";
import type { FileSystem } from "../filesystem/filesystem.ts";
import { type ErrnoName, PosixError } from "../filesystem/posix-error.ts";

interface Reason {
  code: ErrorCode;
  /** Goes on from the path. */
  is: string;
  hint?: string;
}

const REASONS: Partial<Record<ErrnoName, Reason>> = {
  ENOENT: { code: "not-found", is: "is not there", hint: "Refresh to see what is." },
  EEXIST: { code: "exists", is: "exists already", hint: "Choose another name, or replace it." },
  ENOTDIR: { code: "invalid-input", is: "is not a folder, or leads through a file" },
  EISDIR: { code: "invalid-input", is: "is a folder, not a file" },
  ENXIO: { code: "invalid-input", is: "is a device or a link to one; it has no content" },
  ENOTEMPTY: { code: "exists", is: "is a folder that is not empty", hint: "Empty it first." },
  EBUSY: { code: "invalid-input", is: "is a folder that the machine needs where it is" },
  ENOSPC: {
    code: "full",
    is: "does not fit: there is no room left",
    hint: "Delete what is not needed, then try again.",
  },
  EFBIG: { code: "full", is: "is larger than a file may be" },
  ENAMETOOLONG: {
    code: "invalid-input",
    is: "is too long",
    hint: "A name may have 255 bytes, a path 4095.",
  },
  ELOOP: { code: "invalid-input", is: "is a symbolic link that leads nowhere but to itself" },
  EINVAL: { code: "invalid-input", is: "is not possible: bad name, or a folder inside itself" },
  EMFILE: {
    code: "busy",
    is: "has to wait: too many files are being written",
    hint: "Try again when they are done.",
  },
};

/** @param path what the call was about */
export function explain(fs: FileSystem, path: string, error: unknown): TabnixError {
  if (error instanceof TabnixError) return error;
  if (!(error instanceof PosixError)) return explainFailure(fs, error);
  const { code, is, hint } = REASONS[error.code] ?? {
    code: "invalid-input",
    is: `could not be used (${error.message})`,
  };
  return new TabnixError(code, `${path} ${is}.`, hint, error);
}

/** Somebody else was faster. */
export function changedMeanwhile(path: string): TabnixError {
  return new TabnixError("changed", `${path} has changed meanwhile.`, "Look at it again first.");
}
