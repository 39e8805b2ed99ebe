/** Reads the image from the file of a whole machine (docs/export.md), checking all of it. */
import { namedBy, objectsOf } from "../../../images/format/image-objects.ts";
import {
  type ArtefactReference,
  type Manifest,
  parseManifest,
} from "../../../images/format/manifest.ts";
import { decodeTreeIndex, type TreeIndex } from "../../../images/format/tree-index.ts";
import { TabnixError } from "../../shared/errors.ts";
import { isSiteImage } from "../../shared/image-name.ts";
import {
  IMPORT_IMAGE_BYTES,
  IMPORT_MEMORY_MEGABYTES,
  MAX_INDEX_BYTES,
  STORE_MAX_OBJECT_BYTES,
} from "../../shared/limits.ts";
import { unpackObject } from "../../shared/unpack-object.ts";
import { FileSystem } from "../filesystem/filesystem.ts";
import type { ExportFrames } from "./export-frames.ts";
import { malformed, otherFormat } from "./failures.ts";
import type { ExportHeader, ImageSizes } from "./format.ts";
import { checkSound } from "./sound-tree.ts";

/** Takes an object that was verified. None are to be used before the file was read to its end. */
export type KeepObject = (sha256: string, frame: Uint8Array) => Promise<void>;

export interface ReadImage {
  /** JSON, as {@link parseManifest} read it. */
  manifest: string;
  tree: TreeIndex;
}

/**
 * @param frames of which nothing was read yet
 * @throws TabnixError `malformed`, `wrong-version`, `incomplete`, `not-found`; what `keep` throws. The first
 *   two may also mean damage: {@link ExportFrames.checkRest} tells
 */
export async function readImage(
  frames: ExportFrames,
  sizes: ImageSizes,
  keep: KeepObject,
): Promise<ReadImage> {
  const { header } = frames;
  const manifest = manifestOf(await frames.take(sizes.manifestBytes));
  checkManifest(manifest, header);
  const { index } = manifest;
  if (index.compressedSize > sizes.objectBytes) throw malformed("its index is too large");
  const packed = await frames.take(index.compressedSize);
  const tree = treeOf(await unpack(index, packed));
  const [first, ...objects] = checkObjects(manifest, tree, sizes);
  await keep((first as ArtefactReference).sha256, packed);
  for (const object of objects) {
    const frame = await frames.take(object.compressedSize);
    await unpack(object, frame);
    await keep(object.sha256, frame);
  }
  return { manifest: JSON.stringify(manifest), tree };
}

function manifestOf(bytes: Uint8Array): Manifest {
  return explained(() => {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return parseManifest(text, "its manifest");
  });
}

/** What the parser leaves to whoever serves images, who need not be trusted here. */
function checkManifest(manifest: Manifest, header: ExportHeader): void {
  const { name, release, date, index, memoryMegabytes } = manifest;
  if (!isSiteImage(name)) throw malformed("its image has an impossible name");
  const isOfHeader =
    name === header.image &&
    release === header.release &&
    date === header.date &&
    index.sha256 === header.base;
  if (!isOfHeader) throw malformed("its header tells of another image");
  if (index.size > MAX_INDEX_BYTES) throw malformed("its index is too large");
  if (memoryMegabytes > IMPORT_MEMORY_MEGABYTES) throw malformed("it needs too much memory");
}

function treeOf(bytes: Uint8Array): TreeIndex {
  const tree = explained(() => decodeTreeIndex(bytes));
  checkSound(new FileSystem({ index: tree }), (reason) => {
    throw malformed(reason);
  });
  return tree;
}

/** The objects in the order of the file, of which there must be as many as its header says, and as large. */
function checkObjects(
  manifest: Manifest,
  tree: TreeIndex,
  { objects: count, objectBytes }: ImageSizes,
): ArtefactReference[] {
  const objects = objectsOf(manifest, tree);
  const bySha256 = new Map(objects.map((object) => [object.sha256, object]));
  for (const named of namedBy(manifest, tree)) {
    const object = named && bySha256.get(named.sha256);
    if (object?.size !== named?.size || object?.compressedSize !== named?.compressedSize) {
      throw malformed("an object has two sizes");
    }
  }
  let stored = 0;
  let unpacked = 0;
  for (const { size, compressedSize } of objects) {
    if (size > STORE_MAX_OBJECT_BYTES) throw malformed("an object is too large");
    stored += compressedSize;
    unpacked += size;
  }
  if (unpacked > IMPORT_IMAGE_BYTES) throw malformed("its image is too large");
  if (objects.length !== count || stored !== objectBytes) {
    throw malformed("its image has other objects than it says");
  }
  return objects;
}

async function unpack(object: ArtefactReference, frame: Uint8Array): Promise<Uint8Array> {
  try {
    return await unpackObject(object, frame);
  } catch {
    throw malformed(`the object ${object.sha256} is something else`);
  }
}

/** What is wrong with a document, as something that is wrong with the file. */
function explained<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof TabnixError)) throw malformed("its manifest is no text");
    const reason = error.message.replace(/\.$/, "");
    throw error.code === "wrong-version" ? otherFormat(reason) : malformed(reason);
  }
}
