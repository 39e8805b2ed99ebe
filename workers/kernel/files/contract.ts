/**
 * What the page asks of the tree: calls to the kernel worker, and what they come to. Paths are absolute
 * text in which bytes that are not UTF-8 are escaped (filesystem/names.ts), so that every name survives.
 */
import type { ErrorMessage } from "../../shared/errors.ts";

/** A "device" is whatever has no content of its own: sockets and pipes too. */
export type FileKind = "file" | "directory" | "link" | "device";

/** Tells one content of a file from every other that it had or will have. */
export interface FileVersion {
  inode: number;
  /** Counts changes of content. */
  version: number;
}

/** What is known of a file, directory, link or device. */
export interface FileStatus extends FileVersion {
  kind: FileKind;
  /** Bytes; of a directory always 0. */
  size: number;
  /** Permissions. */
  mode: number;
  uid: number;
  gid: number;
  /** Milliseconds since 1970. */
  mtime: number;
  /** Of a symbolic link: the path in it. */
  target?: string;
  /** Of a symbolic link that leads somewhere: what is there. */
  leadsTo?: FileKind;
}

/** One name in a directory. */
export interface FileEntry extends FileStatus {
  name: string;
}

/** What a file that is written may take the place of: a file of that version, any or none. */
export type Replaceable = "nothing" | "anything" | FileVersion;

/** One call; answered by the entry of {@link FileAnswers} of the same name. */
export type FileCall =
  /** Entries behind a cookie, 0 for all. Links are followed to the directory, not in it. */
  | { op: "list"; path: string; cookie: number }
  | { op: "stat"; path: string; follow: boolean }
  /** Bytes of a file, at most FILE_PIECE_BYTES. @throws `changed` when another one has its path now */
  | { op: "read"; path: string; inode: number; offset: number; length: number }
  /** Begins a file of `size` bytes. It has no name before it is finished. */
  | { op: "begin"; path: string; size: number; replaces: Replaceable }
  /** At most FILE_PIECE_BYTES. */
  | { op: "write"; upload: number; offset: number; bytes: Uint8Array }
  /** Gives it its name; owner and, unless given, permissions are those of the file that it replaces. */
  | { op: "finish"; upload: number; mode?: number }
  | { op: "abandon"; upload: number }
  | { op: "mkdir"; path: string }
  | { op: "rename"; path: string; to: string; replaces: "nothing" | "anything" }
  /** Removes what is there, at most MAX_REMOVED_ENTRIES names at once: to be called until it is done. */
  | { op: "remove"; path: string };

/** Where something was looked at or changed. */
export interface Whereabouts {
  /** The guest caches it: it may hold writes back, and does not see changes by itself. */
  isCached: boolean;
}

export interface FileAnswers {
  /** `next` is the cookie to go on with; undefined at the end. */
  list: Whereabouts & { entries: FileEntry[]; next?: number };
  stat: Whereabouts & { status: FileStatus };
  /** Fewer bytes than asked for only at the end of the file. */
  read: { bytes: Uint8Array<ArrayBuffer> };
  begin: { upload: number };
  write: Record<never, never>;
  finish: Whereabouts & { status: FileStatus };
  abandon: Record<never, never>;
  mkdir: Whereabouts;
  rename: Whereabouts;
  remove: Whereabouts & { removed: number; isDone: boolean };
}

/** The call of that name. */
export type FileCallOf<Op extends FileCall["op"]> = Extract<FileCall, { op: Op }>;

/** Page → kernel. */
export interface FileRequest {
  id: number;
  call: FileCall;
}

/** Kernel → page: the answer to the request with that id, or why there is none. */
export type FileReply =
  | { id: number; answer: FileAnswers[FileCall["op"]] }
  | { id: number; error: ErrorMessage };
