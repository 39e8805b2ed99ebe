/** A machine's changes as one file (docs/export.md): the part of {@link Computer} that makes and takes it. */
import type { Exported, ExportSummary } from "../workers/kernel/transfer/contract.ts";
import type { Long } from "./file-access.ts";

export type { Exported, ExportSummary };

export interface TransferOptions extends Long {
  /** Told how far it is, in bytes. */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

/** One at a time: another call meanwhile fails with `busy`. */
export interface MachineTransfer {
  /**
   * Writes everything in which the machine's files differ from its image. It is what they are at one moment;
   * the machine goes on meanwhile.
   *
   * @param options.to where to, in place of what is there; without it the result has a blob
   * @throws TabnixError `full`, `unsupported` (too many files), `busy`
   */
  exportChanges(options?: TransferOptions & { to?: FileSystemFileHandle }): Promise<Exported>;
  /**
   * Reads and checks all of a file, and changes nothing.
   *
   * @throws TabnixError `invalid-input` (no export), `wrong-version` (too new), `wrong-image`, `incomplete`,
   *   `corrupt`, `malformed`, `not-found` (it can no longer be read), `full` (it will not fit), `busy`
   */
  inspectChanges(file: Blob, options?: TransferOptions): Promise<ExportSummary>;
  /**
   * Replaces everything in which the machine's files differ from its image by what is in a file, which is
   * checked first. Then the machine starts again, as after a reboot.
   *
   * @throws TabnixError as {@link inspectChanges}, and `unsaved`; then nothing has changed
   */
  importChanges(file: Blob, options?: TransferOptions): Promise<void>;
}
