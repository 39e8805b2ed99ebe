/** The image of a machine that is exported as a whole: its manifest, and its objects as they are stored. */
import { objectsOf } from "../../../images/format/image-objects.ts";
import type { ArtefactReference, Manifest } from "../../../images/format/manifest.ts";
import type { TreeIndex } from "../../../images/format/tree-index.ts";
import { EXPORT_AHEAD_BYTES, STORE_PARALLEL_FETCHES } from "../../shared/limits.ts";
import type { ImageStore } from "../../shared/store.ts";
import type { ImageSizes } from "./format.ts";

export interface ExportedImage {
  sizes: ImageSizes;
  /** JSON in UTF-8. */
  manifest: Uint8Array<ArrayBuffer>;
  /**
   * The frames of all objects in the order of {@link objectsOf}, verified. What this browser does not have is
   * fetched, several at once.
   *
   * @throws TabnixError `unreachable`, `not-found`, `corrupt`; the signal's reason
   */
  frames(signal: AbortSignal | undefined): AsyncIterable<Uint8Array<ArrayBuffer>>;
}

/** @param tree the image's */
export function exportedImage(
  manifest: Manifest,
  tree: TreeIndex,
  store: Pick<ImageStore, "getFrame">,
): ExportedImage {
  const objects = objectsOf(manifest, tree);
  const text = new TextEncoder().encode(JSON.stringify(manifest));
  return {
    sizes: {
      manifestBytes: text.length,
      objects: objects.length,
      objectBytes: objects.reduce((sum, { compressedSize }) => sum + compressedSize, 0),
    },
    manifest: text,
    frames: (signal) => framesOf(objects, store, signal),
  };
}

async function* framesOf(
  objects: readonly ArtefactReference[],
  store: Pick<ImageStore, "getFrame">,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const waiting: Promise<Uint8Array>[] = [];
  let bytes = 0;
  let next = 0;
  for (const { size } of objects) {
    for (let ahead = objects[next]; ahead; ahead = objects[next]) {
      const isFull = waiting.length === STORE_PARALLEL_FETCHES;
      if (waiting.length > 0 && (isFull || bytes + ahead.size > EXPORT_AHEAD_BYTES)) break;
      const frame = store.getFrame(ahead, signal ? { signal } : {});
      // It is told when its turn comes; that may be never, when one before it fails.
      frame.catch(() => {});
      waiting.push(frame);
      bytes += ahead.size;
      next += 1;
    }
    yield (await waiting.shift()) as Uint8Array<ArrayBuffer>;
    bytes -= size;
  }
}
