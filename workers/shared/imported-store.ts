/** The object store of an imported machine's image: what the browser keeps, and nothing else. */
import type { ArtefactReference } from "../../images/format/manifest.ts";
import { TabnixError } from "./errors.ts";
import type { ImportedImage } from "./imported-image.ts";
import type { FetchOptions, ImageStore, StoreStatistics } from "./store.ts";
import { unpackObject } from "./unpack-object.ts";

export class ImportedStore implements ImageStore {
  readonly statistics: StoreStatistics = { fetchedBytes: 0, fetchedFiles: 0, cachedFiles: 0 };
  private readonly image: Pick<ImportedImage, "get">;

  constructor(image: Pick<ImportedImage, "get">) {
    this.image = image;
  }

  async get(reference: ArtefactReference, options: FetchOptions = {}): Promise<Uint8Array> {
    return (await this.load(reference, options)).bytes;
  }

  async getFrame(reference: ArtefactReference, options: FetchOptions = {}): Promise<Uint8Array> {
    return (await this.load(reference, options)).frame;
  }

  private async load(reference: ArtefactReference, { signal, onProgress }: FetchOptions) {
    signal?.throwIfAborted();
    const frame = await this.image.get(reference.sha256);
    if (!frame) throw missing(reference);
    const bytes = await unpackObject(reference, frame);
    signal?.throwIfAborted();
    this.statistics.cachedFiles += 1;
    onProgress?.(reference.compressedSize, reference.compressedSize);
    return { bytes, frame };
  }
}

function missing({ sha256 }: ArtefactReference): TabnixError {
  return new TabnixError(
    "not-found",
    `The imported machine's image lacks the object ${sha256}.`,
    "The browser has deleted it: remove the machine under “Imported machines…”, and import its file again.",
  );
}
