/** Everything in the store that an image is made of. */
import type { ArtefactReference, Manifest } from "./manifest.ts";
import type { TreeIndex } from "./tree-index.ts";

/**
 * What the manifest names, the index first, then the contents of the tree in the order of its inodes. What
 * is named twice comes once, at its first place.
 */
export function objectsOf(manifest: Manifest, tree: TreeIndex): ArtefactReference[] {
  const objects = new Map<string, ArtefactReference>();
  for (const reference of namedBy(manifest, tree)) {
    if (reference && !objects.has(reference.sha256)) objects.set(reference.sha256, reference);
  }
  return [...objects.values()];
}

/** The same with all that is named twice. */
export function* namedBy(
  { index, bios, kernel, snapshot, sbom, prefetch }: Manifest,
  tree: TreeIndex,
): Iterable<ArtefactReference | undefined> {
  yield* [index, bios, kernel.bzImage, kernel.initrd];
  yield* [snapshot?.machine, snapshot?.filesystem, sbom];
  yield* prefetch;
  for (const { content } of tree.inodes) yield content;
}
