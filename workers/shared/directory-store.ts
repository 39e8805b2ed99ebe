/** The object store of a folder, for Node: the image builder and the tests. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type ArtefactReference, storePath } from "../../images/format/manifest.ts";
import { TabnixError } from "./errors.ts";
import type { FetchOptions, ImageStore, StoreStatistics } from "./store.ts";
import { unpackObject } from "./unpack-object.ts";

export class DirectoryStore implements ImageStore {
  /** Nothing comes from a network. */
  readonly statistics: StoreStatistics = { fetchedBytes: 0, fetchedFiles: 0, cachedFiles: 0 };
  private readonly folder: string;

  /** @param folder the one that has `store/` in it */
  constructor(folder: string) {
    this.folder = folder;
  }

  async get(reference: ArtefactReference, options?: FetchOptions): Promise<Uint8Array> {
    return (await this.load(reference, options)).bytes;
  }

  async getFrame(reference: ArtefactReference, options?: FetchOptions): Promise<Uint8Array> {
    return (await this.load(reference, options)).frame;
  }

  private async load(reference: ArtefactReference, options: FetchOptions = {}) {
    options.signal?.throwIfAborted();
    const frame = await this.read(join(this.folder, storePath(reference.sha256)));
    const bytes = await unpackObject(reference, frame);
    options.signal?.throwIfAborted();
    options.onProgress?.(reference.compressedSize, reference.compressedSize);
    return { frame, bytes };
  }

  private async read(path: string): Promise<Uint8Array> {
    try {
      return await readFile(path);
    } catch (error) {
      const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
      throw new TabnixError(
        missing ? "not-found" : "unreachable",
        missing ? `${path} does not exist.` : `${path} cannot be read.`,
        "Build the image again with `npm run images`.",
        error,
      );
    }
  }
}
