/**
 * The overlay as a document: every inode that is not as the base has it, those that were removed, and
 * what was written. It goes with a machine's snapshot, so inode numbers and cookies stay, and files that
 * are open without a name are in it.
 *
 * Layout, as in images/format/tree-index.ts:
 *
 *     magic "TABNIXOV", version (4 bytes), inodes of the base, next inode number
 *     removed base inodes, and for each: number
 *     changed inodes, and for each: the inode, as in inode-codec.ts, then for a
 *       file:       1 if the content is the base's, else 0; extents, and for each: offset, bytes
 *       directory:  number of the parent, next cookie; entries, and for each: name, number, cookie
 *       link:       target
 */
import { ByteWriter } from "../../shared/bytes.ts";
import type { FileSystem } from "./filesystem.ts";
import type { Inode } from "./inode.ts";
import { writeBytes, writeInode } from "./inode-codec.ts";

export const OVERLAY_MAGIC = "TABNIXOV";
export const OVERLAY_VERSION = 1;

/** The overlay's bytes; overlay-restore.ts reads them. Nothing may wait or write meanwhile. */
export function saveOverlay(fs: FileSystem): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter();
  writer.characters(OVERLAY_MAGIC);
  writer.u32(OVERLAY_VERSION);
  writer.varint(fs.baseInodes);
  writer.varint(fs.nextInodeNumber);
  const removed = [...removedNumbers(fs)];
  writer.varint(removed.length);
  for (const number of removed) writer.varint(number);
  const changed = [...fs.changedInodes()].sort((a, b) => a.number - b.number);
  writer.varint(changed.length);
  for (const inode of changed) writeNode(writer, fs, inode);
  return writer.toBytes();
}

function* removedNumbers(fs: FileSystem): Iterable<number> {
  for (let number = 1; number <= fs.baseInodes; number++) if (!fs.inode(number)) yield number;
}

function writeNode(writer: ByteWriter, fs: FileSystem, inode: Inode): void {
  writeInode(writer, inode);
  if (inode.isFile) writeContent(writer, fs, inode);
  if (inode.directory) writeDirectory(writer, fs, inode);
  if (inode.target !== undefined) writer.string(inode.target);
}

function writeContent(writer: ByteWriter, fs: FileSystem, inode: Inode): void {
  writer.u8(inode.base ? 1 : 0);
  const extents = inode.base ? [] : [...fs.overlay.extents(inode.number)];
  const used = extents.filter(({ offset }) => offset < inode.size);
  writer.varint(used.length);
  for (const { offset, length } of used) {
    const bytes = new Uint8Array(Math.min(length, inode.size - offset));
    fs.overlay.read(inode.number, offset, bytes);
    writer.varint(offset);
    writeBytes(writer, bytes);
  }
}

function writeDirectory(writer: ByteWriter, fs: FileSystem, inode: Inode): void {
  const { directory, parent } = inode;
  if (!directory) return;
  // The parent of an orphan may be gone for good: then it leads up to itself.
  const above = parent && fs.inode(parent.number) === parent ? parent : inode;
  writer.varint(above.number);
  writer.varint(directory.nextCookie);
  writer.varint(directory.size);
  for (const entry of directory.entries()) {
    writer.string(entry.name);
    writer.varint(entry.inode.number);
    writer.varint(entry.cookie);
  }
}
