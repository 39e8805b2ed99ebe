/** What the page asks of the kernel worker about a machine as one file (docs/export.md), and the answers. */
import type { ErrorMessage } from "../../shared/errors.ts";

/** What an export tells of itself. */
export interface ExportSummary {
  /** Name, Debian release and date of the image that it belongs to. */
  image: string;
  release: string;
  date: string;
  /** When it was made, in milliseconds since 1970. */
  made: number;
  /** Files, directories and others that differ from the image. */
  inodes: number;
  /** Contents, in bytes. */
  bytes: number;
}

/** What an export has come to. */
export interface Exported {
  /** Of the file. */
  bytes: number;
  /** The file, unless it was written to where it should be. */
  content?: Blob;
}

export type TransferCall =
  /** Writes the changes to a file, else into a blob. Nothing of the file is there before all of it is. */
  | { op: "export"; to?: FileSystemFileHandle }
  /** Checks a whole file, and changes nothing. */
  | { op: "inspect"; file: Blob }
  /** Replaces all changes by those of a file. Then nothing is served until a machine is attached. */
  | { op: "import"; file: Blob };

/** What the call of that name comes to. */
export interface TransferAnswers {
  export: Exported;
  inspect: ExportSummary;
  import: Record<never, never>;
}

/** Page → kernel. `cancel` ends the call of that id, which fails; one that is as good as done is done. */
export type TransferRequest = { id: number } & (TransferCall | { op: "cancel" });

/** Kernel → page: any number of reports of progress, in bytes, then the outcome. */
export type TransferReport = { id: number } & (
  | { type: "progress"; done: number; total: number }
  | { type: "done"; answer: TransferAnswers[TransferCall["op"]] }
  | { type: "failed"; error: ErrorMessage }
);
