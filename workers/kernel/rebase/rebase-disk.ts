/**
 * A disk whose image was built anew: what it has is carried over to the new tree, and becomes the disk's
 * in one step. Until then the disk is as it was.
 */
import { decodeTreeIndex, type TreeIndex } from "../../../images/format/tree-index.ts";
import { ByteWriter } from "../../shared/bytes.ts";
import { TabnixError } from "../../shared/errors.ts";
import type { ObjectStore } from "../../shared/store.ts";
import type { OpenDisk } from "../disk/open-disk.ts";
import { writeTree } from "../disk/tree-records.ts";
import { FileSystem } from "../filesystem/filesystem.ts";
import { PosixError } from "../filesystem/posix-error.ts";
import { carryOver } from "./carry-over.ts";
import { ContentSink } from "./content-sink.ts";

/** The new version of the image. */
export interface NewBase {
  index: TreeIndex;
  /** SHA-256 of the index. */
  base: string;
  store: ObjectStore;
}

/**
 * Makes the disk differ from the new base. Its overlay is another one then.
 *
 * @returns paths of files that could not be carried over; see {@link carryOver}
 * @throws TabnixError `wrong-version` when it cannot be done, `unreachable`; the disk is as it was
 */
export async function rebaseDisk(disk: OpenDisk, onto: NewBase): Promise<string[]> {
  const saved = await disk.loadIndex(disk.overlay.base);
  if (!saved) throw cannot("and what that version was is not known any more");
  const replacement = disk.overlay.replacement();
  let missing: string[];
  let records: Uint8Array;
  try {
    const written = new Set<number>();
    const sink = new ContentSink((number, offset, bytes) => {
      written.add(number);
      replacement.write(number, offset, bytes);
    });
    const index = decodeTreeIndex(saved);
    const after = new FileSystem({ index, store: onto.store, overlay: disk.overlay });
    await disk.overlay.begin(after);
    const tree = new FileSystem({ index: onto.index, overlay: sink });
    missing = await carryOver({ before: new FileSystem({ index }), after, onto: tree });
    const lost = [...written].find((number) => !tree.inode(number));
    if (lost !== undefined) throw new Error(`inode ${lost} was written and removed`);
    const writer = new ByteWriter();
    writeTree(writer, tree, () => true);
    records = writer.toBytes();
  } catch (error) {
    replacement.abandon();
    throw explain(error);
  }
  await replacement.commit(records, onto.base).catch((error: unknown) => {
    throw explain(error);
  });
  disk.overlay.close();
  await disk.reopen();
  return missing;
}

function explain(error: unknown): unknown {
  if (!(error instanceof PosixError)) return error;
  const why = error.code === "ENOSPC" ? "there is no room to carry them over" : error.message;
  return cannot(`and ${why}`, error);
}

function cannot(why: string, cause?: unknown): TabnixError {
  return new TabnixError(
    "wrong-version",
    `The saved files belong to another version of the image, ${why}.`,
    "Start without them; or restart afresh, from the menu, to forget them.",
    cause,
  );
}
