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

/** What was got since a store was opened. */
export interface StoreStatistics {
  /** Compressed bytes from the network. */
  fetchedBytes: number;
  /** Objects from the network, and from the browser. */
  fetchedFiles: number;
  cachedFiles: number;
}

/** A store that a browser reads an image from, which may be handed on as it is. */
export interface ImageStore extends ObjectStore {
  readonly statistics: StoreStatistics;
  /**
   * The zstd frame that an object is stored as, verified by unpacking it.
   *
   * @throws as {@link get}
   */
  getFrame(reference: ArtefactReference, options?: FetchOptions): Promise<Uint8Array>;
}

/** Where an image's objects are. */
export type StoreLocation =
  /** The folder `images/` of a site, absolute, with a trailing slash. */
  | { type: "site"; imagesUrl: string }
  /** What the browser keeps of an imported machine, by the name of its image. */
  | { type: "imported"; image: string };
