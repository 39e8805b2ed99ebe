/** Imported machines: each with an image and a disk of its own, kept by the browser beside what sites have. */
import type { ImportedSummary } from "../../shared/imported-image.ts";
import type { OpenDisk } from "../disk/open-disk.ts";
import type { KeepObject } from "./import-image.ts";

export interface Machines {
  /** Whether there is one whose image has that name. */
  has(image: string): Promise<boolean>;
  /** Bytes that the browser would still give, as far as it tells. */
  freeBytes(): Promise<number>;
  /**
   * Begins a new one, which is not there before it is complete.
   *
   * @param image what its image is called
   * @param base SHA-256 of its tree index
   * @throws TabnixError `exists`, `busy` (another tab imports it), `unsupported` (nothing is kept here)
   */
  begin(image: string, base: string): Promise<NewMachine>;
}

export interface NewMachine {
  /** For its changes; empty. */
  disk: OpenDisk;
  /** @throws DOMException QuotaExceededError */
  keep: KeepObject;
  /**
   * It is there from now on, with the disk as it is.
   *
   * @param manifest the text of it
   * @throws DOMException QuotaExceededError
   */
  complete(manifest: string, summary: ImportedSummary): Promise<void>;
  /** Nothing of it stays, unless it is complete. */
  close(): Promise<void>;
}
