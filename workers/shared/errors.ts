/**
 * Every error Tabnix reports on purpose. The code is the API: programs branch on it, messages may
 * change. A message says what happened; `hint` says what to do next.
 */
export type ErrorCode =
  /** A file that must be there is not: no manifest, no such image, HTTP 404. */
  | "not-found"
  /** The network or the host failed: offline, timeout, HTTP 5xx. Trying again may help. */
  | "unreachable"
  /** Bytes do not match the hash or length that names them. */
  | "corrupt"
  /** A document is well-formed but made by another, incompatible version of Tabnix. */
  | "wrong-version"
  /** A document is sound, and belongs to another image or another version of it. */
  | "wrong-image"
  /** A file ends before all of it is there. */
  | "incomplete"
  /** A document or a message breaks its own format. */
  | "malformed"
  /** Somebody else has what is needed: another tab runs on the same files. */
  | "busy"
  /** A name that has to be free is taken. */
  | "exists"
  /** What is there cannot be got at now: the browser refuses its storage. */
  | "no-access"
  /** A file is no longer what it was when it was looked at. */
  | "changed"
  /** There is no room for what is to be written, or no memory for the machine. */
  | "full"
  /** Changes could not be made durable. */
  | "unsaved"
  /** This browser lacks something Tabnix cannot do without. */
  | "unsupported"
  /** The guest stopped: kernel panic, or no prompt within the limit. */
  | "guest-failed"
  /** It took longer than it was allowed to. */
  | "timeout"
  /** What it belonged to was closed meanwhile, or before. */
  | "closed"
  /** A signature is missing, wrong, or by a key that is not pinned. */
  | "untrusted"
  /** A Release file is past its Valid-Until date. */
  | "expired"
  /** A recipe, an option or a command line is wrong. */
  | "invalid-input"
  /** Dependencies of packages cannot be satisfied. */
  | "unsatisfiable"
  /** A tool, a package or a set-up step is missing on this machine. */
  | "missing-tool";

/** An error with a stable code, a message for people, and the next step. */
export class TabnixError extends Error {
  override readonly name = "TabnixError";
  readonly code: ErrorCode;
  /** What the reader can do about it; empty when there is nothing to do. */
  readonly hint: string;

  constructor(code: ErrorCode, message: string, hint = "", cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint;
  }
}

/** An error as it crosses a MessagePort; class identity does not survive the structured clone. */
export interface ErrorMessage {
  code: ErrorCode;
  message: string;
  hint: string;
}

/** The wire form of any thrown value. What is not a TabnixError becomes `fallback`. */
export function toErrorMessage(error: unknown, fallback: ErrorCode): ErrorMessage {
  if (error instanceof TabnixError) {
    return { code: error.code, message: error.message, hint: error.hint };
  }
  return {
    code: fallback,
    message: error instanceof Error ? error.message : String(error),
    hint: "",
  };
}

/** The opposite of {@link toErrorMessage}. */
export function fromErrorMessage({ code, message, hint }: ErrorMessage): TabnixError {
  return new TabnixError(code, message, hint);
}
