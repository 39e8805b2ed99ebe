/** A machine, or its changes, as one file (docs/export.md): the part of {@link Computer} that makes and takes it. */
import type { Exported, ExportSummary, Imported } from "../workers/kernel/transfer/contract.ts";
import type { Long } from "./file-access.ts";

export type { Exported, ExportSummary, Imported };

export interface TransferOptions extends Long {
  /** Told how far it is, in bytes. */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

export interface ExportOptions extends TransferOptions {
  /** Where to, in place of what is there; without it the result has a blob. */
  to?: FileSystemFileHandle;
}

/** One at a time: another call meanwhile fails with `busy`. */
export interface MachineTransfer {
  /**
   * Writes everything in which the machine's files differ from its image. It is what they are at one moment;
   * the machine goes on meanwhile.
   *
   * @throws TabnixError `full`, `unsupported` (too many files), `busy`
   */
  exportChanges(options?: ExportOptions): Promise<Exported>;
  /**
   * The same, with the image: what comes of it can be imported where that image is not to be had. What this
   * browser does not have of the image is fetched.
   *
   * @throws TabnixError as {@link exportChanges}, and `unreachable`, `not-found`, `corrupt` of the image
   */
  exportMachine(options?: ExportOptions): Promise<Exported>;
  /**
   * Reads and checks all of a file, and changes nothing.
   *
   * @throws TabnixError `invalid-input` (no export), `wrong-version` (too new), `wrong-image`, `incomplete`,
   *   `corrupt`, `malformed`, `not-found` (it can no longer be read), `full` (it will not fit), `busy`; of a
   *   file with an image `exists` (it was imported already), `unsupported` (nothing is kept here)
   */
  inspectChanges(file: Blob, options?: TransferOptions): Promise<ExportSummary>;
  /**
   * Replaces everything in which the machine's files differ from its image by what is in a file, which is
   * checked first. Then the machine starts again, as after a reboot.
   *
   * A file with an image becomes a machine beside this one, which goes on as it is; a computer with that
   * `image` is the new one.
   *
   * @throws TabnixError as {@link inspectChanges}, and `unsaved`; then nothing has changed
   */
  importChanges(file: Blob, options?: TransferOptions): Promise<Imported>;
}
