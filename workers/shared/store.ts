/** Objects named by the SHA-256 of their bytes, fetched, checked and decompressed. */
import type { ArtefactReference } from "../../images/format/manifest.ts";

export interface FetchOptions {
  /** Gives up waiting. Others who wait for the same object are not affected. */
  signal?: AbortSignal;
  /** Told of progress in compressed bytes. */
  onProgress?: (loaded: number, total: number) => void;
}

/** Where artefacts come from. */
export interface ObjectStore {
  /**
   * The uncompressed bytes, verified. They may be shared: do not change them.
   *
   * @throws TabnixError `not-found`, `unreachable` or `corrupt`; the signal's reason when aborted
   */
  get(reference: ArtefactReference, options?: FetchOptions): Promise<Uint8Array>;
}
