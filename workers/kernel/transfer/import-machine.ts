/** Reads a whole machine from a file (docs/export.md): all of it is checked, and kept if it is to be. */
import type { TreeIndex } from "../../../images/format/tree-index.ts";
import { type ErrorCode, TabnixError } from "../../shared/errors.ts";
import { importedName } from "../../shared/image-name.ts";
import { FileSystem } from "../filesystem/filesystem.ts";
import type { ImportableMachine } from "./contract.ts";
import type { ExportFrames } from "./export-frames.ts";
import { alreadyHere, noRoom } from "./failures.ts";
import type { ImageSizes } from "./format.ts";
import { readChanges, type WriteContent } from "./import-changes.ts";
import { type KeepObject, type ReadImage, readImage } from "./import-image.ts";
import type { Machines, NewMachine } from "./machines.ts";
import { beginReplacement } from "./replacement.ts";

/** Codes of what a file is found to be; damage may have made it so. */
const OF_THE_FILE: readonly ErrorCode[] = ["malformed", "wrong-version"];

/**
 * Checks all of a file.
 *
 * @param frames of which nothing was read yet
 * @throws TabnixError `exists`, `full`, and all that tells what is wrong with the file
 */
export async function inspectMachine(
  frames: ExportFrames,
  sizes: ImageSizes,
  machines: Machines,
): Promise<ImportableMachine> {
  const image = await nameOf(frames);
  if (await machines.has(image)) throw alreadyHere(image);
  const bytes = sizes.objectBytes;
  // What blocks and the journal take beside is seen by the import.
  if (bytes + frames.header.bytes > (await machines.freeBytes())) throw noRoom();
  const { tree } = await checkedImage(frames, sizes, async () => {});
  await readChanges(frames, { tree: new FileSystem({ index: tree }), write: () => {} });
  return { image, bytes };
}

/**
 * Adds the machine to those that are here; nothing else changes.
 *
 * @returns what its image is called
 * @throws as {@link inspectMachine}, and then nothing of it stays; PosixError, DOMException of what is full
 */
export async function importMachine(
  frames: ExportFrames,
  sizes: ImageSizes,
  machines: Machines,
): Promise<string> {
  const image = await nameOf(frames);
  const machine = await machines.begin(image, frames.header.base);
  try {
    const read = await checkedImage(frames, sizes, machine.keep);
    await writeChanges(frames, read.tree, machine);
    const { made } = frames.header;
    await machine.complete(read.manifest, { made, bytes: sizes.objectBytes });
  } finally {
    await machine.close();
  }
  return image;
}

async function nameOf(frames: ExportFrames): Promise<string> {
  return importedName(frames.header.image, await frames.storedDigest());
}

async function checkedImage(
  frames: ExportFrames,
  sizes: ImageSizes,
  keep: KeepObject,
): Promise<ReadImage> {
  try {
    return await readImage(frames, sizes, keep);
  } catch (error) {
    const isOfFile = error instanceof TabnixError && OF_THE_FILE.includes(error.code);
    if (isOfFile) await frames.checkRest();
    throw error;
  }
}

/** Makes the changes those of the new machine's disk. */
async function writeChanges(
  frames: ExportFrames,
  tree: TreeIndex,
  { disk }: NewMachine,
): Promise<void> {
  await disk.overlay.begin(new FileSystem({ index: tree, overlay: disk.overlay }));
  const replacement = beginReplacement(disk);
  const write: WriteContent = (number, offset, bytes) => replacement.write(number, offset, bytes);
  await replacement.commit(
    await readChanges(frames, { tree: new FileSystem({ index: tree }), write }),
  );
}
