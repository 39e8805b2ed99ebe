/** What the records of a journal add up to: the inodes that differ from the base, and their blocks. */
import { DISK_BLOCK_BYTES, MAX_FILE_SIZE, MAX_INODES } from "../../shared/limits.ts";
import type { FileSystem } from "../filesystem/filesystem.ts";
import { ROOT_NUMBER, S_IFDIR, S_IFMT } from "../filesystem/inode.ts";
import type { SavedEntry } from "../filesystem/inode-codec.ts";
import type { ByteString } from "../filesystem/names.ts";
import type { SavedTree } from "../filesystem/tree-restore.ts";
import { BlockMap, type Placement } from "./block-map.ts";
import type { DiskRecord, InodeRecord, RecordReader } from "./records.ts";

type Entries = Map<ByteString, SavedEntry>;

export class Replay {
  /** By inode. */
  readonly maps = new Map<number, BlockMap>();
  private readonly base: FileSystem;
  private readonly blocks: number;
  private readonly reader: RecordReader;
  private readonly inodes = new Map<number, InodeRecord>();
  /** Of directories that are not as the base has them. */
  private readonly entries = new Map<number, Entries>();
  private readonly removed = new Set<number>();
  private nextNumber: number;

  /**
   * @param base a tree in which nothing has changed yet
   * @param blocks that the data file has
   * @param reader throws what a broken record deserves
   */
  constructor(base: FileSystem, blocks: number, reader: RecordReader) {
    this.base = base;
    this.blocks = blocks;
    this.reader = reader;
    this.nextNumber = base.nextInodeNumber;
  }

  /** @throws TabnixError `malformed` */
  apply(record: DiskRecord): void {
    switch (record.type) {
      case "inode":
        this.inodes.set(record.fields.number, record);
        break;
      case "entry": {
        const { name, number, cookie } = record;
        this.entriesOf(record.directory).set(name, { name, number, cookie });
        break;
      }
      case "no-entry":
        this.entriesOf(record.directory).delete(record.name);
        break;
      case "no-entries":
        this.entries.set(record.directory, new Map());
        break;
      case "no-inode":
        this.inodes.delete(record.number);
        this.entries.delete(record.number);
        this.maps.delete(record.number);
        if (record.number <= this.base.baseInodes) this.removed.add(record.number);
        break;
      case "cut":
        this.mapOf(record.number).cut(record.index);
        break;
      case "blocks":
        this.checkBlocks(record);
        this.mapOf(record.number).load(record);
        break;
      case "next":
        this.nextNumber = record.number;
        break;
    }
  }

  /** For {@link restoreTree}, which checks that it is one. */
  tree(): SavedTree {
    const { nextNumber, base, reader } = this;
    if (this.inodes.size + base.inodeCount > MAX_INODES) reader.fail("it has too many inodes");
    if (nextNumber <= base.baseInodes || this.removed.has(ROOT_NUMBER))
      reader.fail("it has no tree");
    for (const number of this.inodes.keys()) {
      if (number >= nextNumber) reader.fail(`inode ${number} has a number that is not given yet`);
    }
    return {
      nextNumber,
      removed: [...this.removed],
      nodes: [...this.inodes.values()].map((record) => ({
        ...record,
        entries: isDirectory(record) ? [...this.entriesOf(record.fields.number).values()] : [],
      })),
    };
  }

  private checkBlocks({ index, run: { first, count } }: Placement): void {
    const { blocks } = this;
    const inFile = (index + count) * DISK_BLOCK_BYTES <= MAX_FILE_SIZE + DISK_BLOCK_BYTES;
    if (!inFile || first + count > blocks) this.reader.fail("a block is nowhere");
  }

  /** What the base has is there until a record says otherwise. */
  private entriesOf(directory: number): Entries {
    const known = this.entries.get(directory);
    if (known) return known;
    const entries: Entries = new Map();
    for (const { name, inode, cookie } of this.base.inode(directory)?.directory?.entries() ?? []) {
      entries.set(name, { name, number: inode.number, cookie });
    }
    this.entries.set(directory, entries);
    return entries;
  }

  private mapOf(number: number): BlockMap {
    const map = this.maps.get(number) ?? new BlockMap();
    this.maps.set(number, map);
    return map;
  }
}

function isDirectory({ fields }: InodeRecord): boolean {
  return (fields.mode & S_IFMT) === S_IFDIR;
}
