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
  /** What an import makes of a file that has the image too; without one it replaces changes. */
  machine?: ImportableMachine;
}

/** A machine that an import puts beside the others. */
export interface ImportableMachine {
  /** What its image is called here from then on: `imported:<name>-<8 digits>`. */
  image: string;
  /** Of the image, as it is stored. */
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
  /**
   * Writes the changes, and the image if it is asked for, to a file, else into a blob. Nothing of the file is
   * there before all of it is.
   */
  | { op: "export"; to?: FileSystemFileHandle; withImage?: boolean }
  /** Checks a whole file, and changes nothing. */
  | { op: "inspect"; file: Blob }
  /**
   * Replaces all changes by those of a file. Then nothing is served until a machine is attached. A file with an
   * image becomes a machine beside this one, which goes on.
   */
  | { op: "import"; file: Blob };

/** What the call of that name comes to. */
export interface TransferAnswers {
  export: Exported;
  inspect: ExportSummary;
  import: Imported;
}

/** What an import has come to. */
export interface Imported {
  /** The image of the machine that was added; none when this machine's changes were replaced. */
  image?: string;
}

/** Page → kernel. `cancel` ends the call of that id, which fails; one that is as good as done is done. */
export type TransferRequest = { id: number } & (TransferCall | { op: "cancel" });

/** Kernel → page: any number of reports of progress, in bytes, then the outcome. */
export type TransferReport = { id: number } & (
  | { type: "progress"; done: number; total: number }
  | { type: "done"; answer: TransferAnswers[TransferCall["op"]] }
  | { type: "failed"; error: ErrorMessage }
);
