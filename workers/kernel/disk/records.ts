/**
 * What a disk's journal says of the tree, as records one after the other:
 *
 *     1 inode       the inode (inode-codec.ts); a file: 1 if the content is the base's, else 0;
 *                   a directory: number of the one above, next cookie; a link: target
 *     2 entry       directory, name, inode, cookie: the name is new, or leads there now
 *     3 no entry    directory, name
 *     4 no inode    number: it and its content are gone
 *     5 cut         number, block: the content's blocks from this one on are gone
 *     6 blocks      number, index, first, count: where blocks of the content are in the data file
 *     7 next        the number of the next new inode
 *     8 no entries  directory: none of the names that the base has in it
 *
 * Numbers are LEB128, names behind their length. A record changes what those before it say.
 */
import type { ByteWriter } from "../../shared/bytes.ts";
import { TabnixError } from "../../shared/errors.ts";
import { MAX_INODES } from "../../shared/limits.ts";
import { type Inode, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from "../filesystem/inode.ts";
import {
  InodeReader,
  type SavedEntry,
  type SavedInode,
  writeInode,
} from "../filesystem/inode-codec.ts";
import type { ByteString } from "../filesystem/names.ts";
import type { Placement } from "./block-map.ts";

const INODE = 1;
const ENTRY = 2;
const NO_ENTRY = 3;
const NO_INODE = 4;
const CUT = 5;
const BLOCKS = 6;
const NEXT = 7;
const NO_ENTRIES = 8;

/** An inode as a record has it: entries and blocks have records of their own. */
export interface InodeRecord extends SavedInode {
  type: "inode";
  keepsBase: boolean;
  parent: number;
  nextCookie: number;
  target: ByteString | undefined;
}

export type DiskRecord =
  | InodeRecord
  | ({ type: "entry"; directory: number } & SavedEntry)
  | { type: "no-entry"; directory: number; name: ByteString }
  | { type: "no-inode"; number: number }
  | { type: "cut"; number: number; index: number }
  | ({ type: "blocks"; number: number } & Placement)
  | { type: "next"; number: number }
  | { type: "no-entries"; directory: number };

/** Writes the record of an inode as it is now. */
export function writeInodeRecord(writer: ByteWriter, inode: Inode): void {
  writer.u8(INODE);
  writeInode(writer, inode);
  if (inode.isFile) writer.u8(inode.base ? 1 : 0);
  else if (inode.directory) {
    // The directory above an orphan may be gone for good: then it leads up to itself.
    writer.varint(inode.isOrphan ? inode.number : (inode.parent ?? inode).number);
    writer.varint(inode.directory.nextCookie);
  } else if (inode.isSymlink) writer.string(inode.target ?? "");
}

/** Writes a record of any other type. */
export function writeRecord(
  writer: ByteWriter,
  record: Exclude<DiskRecord, { type: "inode" }>,
): void {
  switch (record.type) {
    case "entry":
      writer.u8(ENTRY);
      writer.varint(record.directory);
      writer.string(record.name);
      writer.varint(record.number);
      writer.varint(record.cookie);
      break;
    case "no-entry":
      writer.u8(NO_ENTRY);
      writer.varint(record.directory);
      writer.string(record.name);
      break;
    case "no-inode":
      writer.u8(NO_INODE);
      writer.varint(record.number);
      break;
    case "cut":
      writer.u8(CUT);
      writer.varint(record.number);
      writer.varint(record.index);
      break;
    case "blocks":
      writer.u8(BLOCKS);
      writer.varint(record.number);
      writer.varint(record.index);
      writer.varint(record.run.first);
      writer.varint(record.run.count);
      break;
    case "next":
      writer.u8(NEXT);
      writer.varint(record.number);
      break;
    case "no-entries":
      writer.u8(NO_ENTRIES);
      writer.varint(record.directory);
      break;
  }
}

/** Reads the records of one commit. */
export class RecordReader extends InodeReader {
  override fail(reason: string): never {
    throw new TabnixError(
      "malformed",
      `The disk's journal is broken: ${reason}.`,
      "Export what can be read, then start with an empty disk.",
    );
  }

  /** @throws TabnixError `malformed` */
  *records(): Iterable<DiskRecord> {
    while (this.remaining > 0) yield this.record();
  }

  private record(): DiskRecord {
    switch (this.u8()) {
      case INODE:
        return this.inodeRecord();
      case ENTRY:
        return { type: "entry", directory: this.varint(), ...this.entry() };
      case NO_ENTRY:
        return { type: "no-entry", directory: this.varint(), name: this.entryName() };
      case NO_INODE:
        return { type: "no-inode", number: this.varint() };
      case CUT:
        return { type: "cut", number: this.varint(), index: this.varint() };
      case BLOCKS:
        return {
          type: "blocks",
          number: this.varint(),
          index: this.varint(),
          run: { first: this.varint(), count: this.varint() },
        };
      case NEXT:
        return { type: "next", number: this.number(MAX_INODE_NUMBER) };
      case NO_ENTRIES:
        return { type: "no-entries", directory: this.varint() };
      default:
        return this.fail("a record has no type");
    }
  }

  private inodeRecord(): InodeRecord {
    const inode = this.inode(MAX_INODE_NUMBER);
    const type = inode.fields.mode & S_IFMT;
    return {
      type: "inode",
      ...inode,
      keepsBase: type === S_IFREG && this.u8() === 1,
      parent: type === S_IFDIR ? this.varint() : 0,
      nextCookie: type === S_IFDIR ? this.varint() : 0,
      target: type === S_IFLNK ? this.string() : undefined,
    };
  }
}

/** Numbers are not used again, so there may be many more of them than inodes. */
const MAX_INODE_NUMBER = MAX_INODES * 2 ** 16;
