/** What has changed in a tree since the last commit, and the records that tell of it. */
import { ByteWriter } from "../../shared/bytes.ts";
import type { FileSystem } from "../filesystem/filesystem.ts";
import type { Inode } from "../filesystem/inode.ts";
import type { ByteString } from "../filesystem/names.ts";
import type { ChangeRecorder } from "../filesystem/overlay.ts";
import type { BlockMap } from "./block-map.ts";
import { type DiskRecord, writeInodeRecord, writeRecord } from "./records.ts";
import { writeBlocks, writeTree } from "./tree-records.ts";

type EntryRecord = Extract<DiskRecord, { type: "entry" | "no-entry" }>;

export class PendingChanges implements ChangeRecorder {
  private readonly onChange: () => void;
  private inodes = new Map<number, Inode>();
  private entries: EntryRecord[] = [];
  private removed = new Set<number>();
  /** Files whose blocks have changed. */
  private contents = new Set<number>();

  constructor(onChange: () => void) {
    this.onChange = onChange;
  }

  get isEmpty(): boolean {
    const { inodes, entries, removed, contents } = this;
    return inodes.size + entries.length + removed.size + contents.size === 0;
  }

  inodeChanged(inode: Inode): void {
    this.inodes.set(inode.number, inode);
    this.onChange();
  }

  inodeRemoved(number: number): void {
    this.inodes.delete(number);
    this.contents.delete(number);
    this.removed.add(number);
    this.onChange();
  }

  entryAdded(directory: Inode, name: ByteString, cookie: number, { number }: Inode): void {
    this.entries.push({ type: "entry", directory: directory.number, name, cookie, number });
    this.onChange();
  }

  entryRemoved(directory: Inode, name: ByteString): void {
    this.entries.push({ type: "no-entry", directory: directory.number, name });
    this.onChange();
  }

  /** The blocks of a file are others. */
  contentChanged(number: number): void {
    this.contents.add(number);
    this.onChange();
  }

  /** Records of what has changed, which is forgotten. */
  take(fs: FileSystem, maps: ReadonlyMap<number, BlockMap>): Uint8Array {
    const writer = new ByteWriter();
    for (const record of this.entries) writeRecord(writer, record);
    for (const inode of this.inodes.values()) writeInodeRecord(writer, inode);
    for (const number of this.removed) writeRecord(writer, { type: "no-inode", number });
    for (const number of this.contents) {
      const { cutAt, placed } = maps.get(number)?.takeChanges() ?? { placed: [] };
      if (cutAt !== undefined) writeRecord(writer, { type: "cut", number, index: cutAt });
      for (const placement of placed) writeRecord(writer, { type: "blocks", number, ...placement });
    }
    writeRecord(writer, { type: "next", number: fs.nextInodeNumber });
    this.clear();
    return writer.toBytes();
  }

  /** Records of everything in which a tree differs from its base. What has changed is forgotten. */
  takeAll(fs: FileSystem, maps: ReadonlyMap<number, BlockMap>): Uint8Array {
    const writer = new ByteWriter();
    writeTree(writer, fs, () => true);
    for (const map of maps.values()) map.takeChanges();
    writeBlocks(writer, maps);
    this.clear();
    return writer.toBytes();
  }

  /** Forgets what has changed. */
  clear(): void {
    this.inodes = new Map();
    this.entries = [];
    this.removed = new Set();
    this.contents = new Set();
  }
}
