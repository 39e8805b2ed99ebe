/**
 * Keeps whole images. Their parts are shared with the machines, which keep what they read by themselves, and
 * among images: by their hash.
 */
import { objectsOf } from "../../images/format/image-objects.ts";
import type { ArtefactReference, Manifest } from "../../images/format/manifest.ts";
import { decodeTreeIndex } from "../../images/format/tree-index.ts";
import { STORE_PARALLEL_FETCHES } from "../shared/limits.ts";
import type { ImageStore } from "../shared/store.ts";
import { unpackObject } from "../shared/unpack-object.ts";
import type { ImageState } from "./contract.ts";

/** What is kept, in compressed form, by SHA-256. */
export interface Objects {
  names(): Promise<Set<string>>;
  get(sha256: string): Promise<Uint8Array | undefined>;
  put(sha256: string, compressed: Uint8Array): Promise<void>;
  delete(sha256: string): Promise<void>;
}

export interface KeeperOptions {
  objects: Objects;
  /** Where what is missing comes from; it keeps nothing itself. */
  store: Pick<ImageStore, "getFrame">;
  loadManifest(image: string): Promise<Manifest>;
}

export class Keeper {
  readonly #options: KeeperOptions;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** How much there is of each image. @throws TabnixError of a manifest */
  async look(images: readonly string[]): Promise<ImageState[]> {
    const { objects, loadManifest } = this.#options;
    const names = await objects.names();
    const look = async (image: string): Promise<ImageState> => {
      const parts = await this.#keptParts(await loadManifest(image), names);
      if (!parts) return { image, kept: 0, total: 0 };
      return {
        image,
        kept: sizeOf(parts.filter(({ sha256 }) => names.has(sha256))),
        total: sizeOf(parts),
      };
    };
    return Promise.all(images.map(look));
  }

  /**
   * Fetches what is not there, each part checked against its hash.
   *
   * @param onProgress compressed bytes that are there, and of how many
   * @throws TabnixError `unreachable`, `not-found`, `corrupt`; `full`; of the manifest
   */
  async keep(image: string, onProgress: (kept: number, total: number) => void): Promise<void> {
    const { objects, store, loadManifest } = this.#options;
    const manifest = await loadManifest(image);
    const names = await objects.names();
    const fetchPart = async (reference: ArtefactReference) => {
      const frame = await store.getFrame(reference);
      await objects.put(reference.sha256, frame);
      names.add(reference.sha256);
      return frame;
    };
    const parts =
      (await this.#keptParts(manifest, names)) ??
      (await partsOf(manifest, await fetchPart(manifest.index)));
    const missing = parts.filter(({ sha256 }) => !names.has(sha256));
    const total = sizeOf(parts);
    let kept = total - sizeOf(missing);
    onProgress(kept, total);
    const next = async () => {
      for (let part = missing.pop(); part; part = missing.pop()) {
        await fetchPart(part);
        kept += part.compressedSize;
        onProgress(kept, total);
      }
    };
    await Promise.all(Array.from({ length: STORE_PARALLEL_FETCHES }, next));
  }

  /**
   * Forgets what only this image needs.
   *
   * @param others images whose parts stay
   * @throws TabnixError of a manifest: then nothing is forgotten
   */
  async remove(image: string, others: readonly string[]): Promise<void> {
    const { objects, loadManifest } = this.#options;
    const names = await objects.names();
    const partsKept = async (which: string) =>
      (await this.#keptParts(await loadManifest(which), names)) ?? [];
    const needed = new Set<string>();
    for (const other of others) {
      for (const { sha256 } of await partsKept(other)) needed.add(sha256);
    }
    const parts = await partsKept(image);
    const unneeded = parts.filter(({ sha256 }) => names.has(sha256) && !needed.has(sha256));
    // The list of the parts goes last: without it the others would not be found again.
    for (const { sha256 } of unneeded.reverse()) await objects.delete(sha256);
  }

  /** What an image is made of, if the list of it is kept. A damaged one is as none. */
  async #keptParts(
    manifest: Manifest,
    names: Set<string>,
  ): Promise<ArtefactReference[] | undefined> {
    const { objects } = this.#options;
    const { sha256 } = manifest.index;
    const frame = names.has(sha256) ? await objects.get(sha256) : undefined;
    if (!frame) return undefined;
    try {
      return await partsOf(manifest, frame);
    } catch {
      await objects.delete(sha256);
      names.delete(sha256);
      return undefined;
    }
  }
}

/** @throws TabnixError `corrupt`, `malformed` */
async function partsOf(manifest: Manifest, frame: Uint8Array): Promise<ArtefactReference[]> {
  return objectsOf(manifest, decodeTreeIndex(await unpackObject(manifest.index, frame)));
}

function sizeOf(parts: readonly ArtefactReference[]): number {
  return parts.reduce((sum, { compressedSize }) => sum + compressedSize, 0);
}
