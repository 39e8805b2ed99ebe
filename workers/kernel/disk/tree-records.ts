/** Records of a whole state, not of what has changed since another. */
import type { ByteWriter } from "../../shared/bytes.ts";
import type { FileSystem } from "../filesystem/filesystem.ts";
import type { Inode } from "../filesystem/inode.ts";
import type { BlockMap } from "./block-map.ts";
import { writeInodeRecord, writeRecord } from "./records.ts";

/**
 * Writes everything in which a tree differs from its base, but contents.
 *
 * @param includes inodes for which it is false are left out; those of the base are gone then
 */
export function writeTree(
  writer: ByteWriter,
  fs: FileSystem,
  includes: (inode: Inode) => boolean,
): void {
  for (let number = 1; number <= fs.baseInodes; number++) {
    const inode = fs.inode(number);
    if (!inode || !includes(inode)) writeRecord(writer, { type: "no-inode", number });
  }
  for (const inode of fs.changedInodes()) {
    if (!includes(inode)) continue;
    const { number, directory } = inode;
    writeInodeRecord(writer, inode);
    if (directory) writeRecord(writer, { type: "no-entries", directory: number });
    for (const { name, cookie, inode: child } of directory?.entries() ?? []) {
      const entry = { name, cookie, number: child.number, directory: number };
      writeRecord(writer, { type: "entry", ...entry });
    }
  }
  writeRecord(writer, { type: "next", number: fs.nextInodeNumber });
}

/** Writes where the contents of files are. */
export function writeBlocks(writer: ByteWriter, maps: ReadonlyMap<number, BlockMap>): void {
  for (const [number, map] of maps) {
    for (const placement of map.placements()) {
      writeRecord(writer, { type: "blocks", number, ...placement });
    }
  }
}
