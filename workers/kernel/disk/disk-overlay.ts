/**
 * An overlay that is kept on a disk: contents in the blocks of one file, everything else in a journal.
 *
 * A commit makes all changes until then durable, in this order: the blocks are flushed, the records are
 * added to the journal, the journal is flushed. No block that the last durable commit refers to is ever
 * written in place. So a crash at any moment leaves a whole commit: the last one, or the one before.
 * Commits are made when somebody asks (fsync in the guest), and by themselves a moment after a change.
 */
import { DISK_BLOCK_BYTES, DISK_COMMIT_MS, DISK_JOURNAL_BYTES } from "../../shared/limits.ts";
import type { FileSystem } from "../filesystem/filesystem.ts";
import type { Extent, FrozenContents, OverlayBackend } from "../filesystem/overlay.ts";
import { PosixError } from "../filesystem/posix-error.ts";
import { restoreTree } from "../filesystem/tree-restore.ts";
import { BlockFile } from "./block-file.ts";
import { BlockMap } from "./block-map.ts";
import { type DiskFolder, DiskFullError, noSpaceWhenFull } from "./disk-file.ts";
import { DiskReplacement } from "./disk-replacement.ts";
import { Journal } from "./journal.ts";
import { PendingChanges } from "./pending-changes.ts";
import { RecordReader } from "./records.ts";
import { Replay } from "./replay.ts";

export interface DiskOptions {
  /** SHA-256 of the tree index that a new disk differs from, lower-case hexadecimal. */
  base: string;
  /** Bytes that the disk may take beside those that it has. */
  freeBytes: number;
  /** Forget what is on the disk, readable or not. */
  erase?: boolean;
  /** See {@link DISK_JOURNAL_BYTES}. */
  journalBytes?: number;
  /** Told of commits that nobody waits for and that failed. */
  onFailure: (error: unknown) => void;
}

export class DiskOverlay implements OverlayBackend {
  readonly capacity: number;
  /** SHA-256 of the tree index that the disk differs from: the one it was opened for, or another. */
  readonly base: string;
  readonly changes = new PendingChanges(() => this.commitSoon());
  private readonly options: DiskOptions;
  private readonly journal: Journal;
  private readonly blocks: BlockFile;
  private readonly maps = new Map<number, BlockMap>();
  private fs: FileSystem | undefined;
  /** The journal does not stand for what was committed: the disk is new, or a commit failed. */
  private mustRewrite = true;
  /** To call when a commit is durable. */
  private releases: (() => void)[] = [];
  /** Freezes that are not released: until then no block becomes free that a commit has referred to. */
  private freezes = 0;
  /** Another state, which the next commit makes the disk's. */
  private replacing: { records: Uint8Array; base: string } | undefined;
  /** Closed, or replaced: what is on the disk is no longer this overlay's. */
  private isOver = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: Promise<void> | undefined;
  private queued: Promise<void> | undefined;

  private constructor(options: DiskOptions, journal: Journal, blocks: BlockFile) {
    this.options = options;
    this.capacity = options.freeBytes + blocks.size + journal.size;
    this.base = (options.erase ? undefined : journal.base) ?? options.base;
    this.journal = journal;
    this.blocks = blocks;
  }

  /**
   * Opens the disk in a folder, or a new one in an empty folder. {@link begin} must follow, on a tree
   * with that {@link base}.
   *
   * @throws TabnixError `wrong-version` when it is newer; `malformed`
   */
  static async open(folder: DiskFolder, options: DiskOptions): Promise<DiskOverlay> {
    const data = await folder.open("data");
    try {
      const journal = await Journal.open(folder, data.size === 0, options.erase);
      return new DiskOverlay(options, journal, new BlockFile(data));
    } catch (error) {
      data.close();
      throw error;
    }
  }

  /** Nothing was ever committed. */
  get isNew(): boolean {
    return this.journal.base === undefined || this.options.erase === true;
  }

  get usage(): number {
    return this.blocks.used + this.journal.size;
  }

  /**
   * Gives a new filesystem, made on this overlay and the base, the tree that the last commit left; on a
   * new disk, makes the first commit, of the base as it is.
   *
   * @throws TabnixError `malformed`; the filesystem is then of no use
   */
  async begin(fs: FileSystem): Promise<void> {
    this.fs = fs;
    if (!this.isNew) {
      this.restore(fs);
      this.mustRewrite = false;
    }
    await this.sync();
    if (this.isNew) this.blocks.trim();
  }

  /** Makes all of the tree durable, which has changed in ways that nobody recorded. */
  checkpoint(): Promise<void> {
    this.mustRewrite = true;
    return this.sync();
  }

  read(number: number, offset: number, target: Uint8Array): void {
    const map = this.maps.get(number);
    if (map) this.blocks.read(map, offset, target);
    else target.fill(0);
  }

  write(number: number, offset: number, source: Uint8Array): void {
    if (source.length === 0) return;
    const map = this.maps.get(number) ?? new BlockMap();
    const needed = this.blocks.needed(map, offset, source.length) * DISK_BLOCK_BYTES;
    if (this.usage + needed > this.capacity) throw new PosixError("ENOSPC", "the disk is full");
    noSpaceWhenFull(() => this.blocks.write(map, offset, source));
    this.maps.set(number, map);
    this.changes.contentChanged(number);
  }

  truncate(number: number, size: number): void {
    const map = this.maps.get(number);
    if (!map) return;
    noSpaceWhenFull(() => this.blocks.truncate(map, size));
    this.changes.contentChanged(number);
  }

  remove(number: number): void {
    this.truncate(number, 0);
    this.maps.delete(number);
  }

  extents(number: number): Iterable<Extent> {
    return extentsOf(this.maps.get(number));
  }

  freeze(): FrozenContents {
    // From here on, what is there is written elsewhere, and what is dropped is nobody's.
    this.releases.push(this.blocks.beginCommit());
    this.freezes += 1;
    const maps = new Map([...this.maps].map(([number, map]) => [number, map.copy()]));
    return {
      extents: (number) => extentsOf(maps.get(number)),
      read: (number, offset, target) => {
        this.blocks.read(maps.get(number) ?? new BlockMap(), offset, target);
      },
      release: () => {
        this.freezes -= 1;
      },
    };
  }

  /** Begins another state of the whole disk; the disk goes on meanwhile. */
  replacement(): DiskReplacement {
    return new DiskReplacement({
      blocks: this.blocks,
      hasRoom: (bytes) => this.usage + bytes <= this.capacity,
      commit: (records, base = this.base, undo) => this.replace({ records, base }, undo),
    });
  }

  /** @throws PosixError ENOSPC, EIO */
  sync(): Promise<void> {
    // A commit that is under way does not have the latest changes; all who ask meanwhile share the next.
    this.queued ??= this.afterRunning();
    return this.queued;
  }

  /** Lets others open the disk. What was not committed is lost. */
  close(): void {
    clearTimeout(this.timer);
    this.isOver = true;
    this.journal.close();
    this.blocks.close();
  }

  private async afterRunning(): Promise<void> {
    await this.running?.catch(() => {});
    this.queued = undefined;
    this.running = this.commit();
    await this.running;
  }

  private async commit(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { fs, changes, maps, replacing } = this;
    if (!fs || this.isOver || !(this.isDirty || replacing)) return;
    const rewrite = this.mustRewrite || this.isLong || replacing !== undefined;
    const records =
      replacing?.records ?? (rewrite ? changes.takeAll(fs, maps) : changes.take(fs, maps));
    // What is dropped from now on may be free after the next commit, not after this one.
    const releases = [...this.releases.splice(0), this.blocks.beginCommit()];
    this.mustRewrite = false;
    try {
      await this.blocks.flush();
      if (rewrite) await this.journal.rewrite(replacing?.base ?? this.base, records);
      else {
        this.journal.append(records);
        await this.journal.flush();
      }
    } catch (error) {
      this.mustRewrite = true;
      this.releases.unshift(...releases);
      throw new PosixError(error instanceof DiskFullError ? "ENOSPC" : "EIO", String(error));
    }
    if (replacing) {
      this.isOver = true;
      return;
    }
    if (this.freezes > 0) this.releases.unshift(...releases);
    else for (const release of releases) release();
    if (rewrite) this.blocks.trim();
  }

  /** Makes the state all that the disk has, with the next commit. @throws PosixError ENOSPC, EIO */
  private async replace(state: typeof this.replacing, undo: () => void): Promise<void> {
    if (this.isOver) throw new PosixError("EIO", "the disk is closed");
    this.replacing = state;
    try {
      await this.sync();
    } catch (error) {
      this.replacing = undefined;
      // The journal may have been written, and not made durable. Only when it is overwritten may what it
      // refers to be used for anything else.
      await this.sync();
      undo();
      throw error;
    }
    this.replacing = undefined;
    if (!this.isOver) throw new PosixError("EIO", "the disk has no tree");
  }

  /** Something has changed that is not durable yet. */
  get isDirty(): boolean {
    return this.mustRewrite || !this.changes.isEmpty;
  }

  /** The journal is long, and not because the state is. */
  private get isLong(): boolean {
    const { size, stateSize } = this.journal;
    return size > (this.options.journalBytes ?? DISK_JOURNAL_BYTES) && size > stateSize * 2;
  }

  private commitSoon(): void {
    if (this.isOver) return;
    this.timer ??= setTimeout(() => this.sync().catch(this.options.onFailure), DISK_COMMIT_MS);
  }

  private restore(fs: FileSystem): void {
    const reader = new RecordReader(new Uint8Array(0));
    const replay = new Replay(fs, this.blocks.length, reader);
    for (const records of this.journal.commits) {
      for (const record of new RecordReader(records).records()) replay.apply(record);
    }
    restoreTree(fs, replay.tree(), (reason) => reader.fail(reason));
    // That the disk itself made the tree what it is need not be told to it.
    this.changes.clear();
    for (const [number, map] of replay.maps) {
      const inode = fs.inode(number);
      if (!inode?.isFile || inode.base) reader.fail(`inode ${number} has blocks and no content`);
      for (const { run } of map.placements()) {
        if (!this.blocks.keep(run)) reader.fail("blocks are missing, or used twice");
      }
      this.maps.set(number, map);
    }
  }
}

function* extentsOf(map: BlockMap | undefined): Iterable<Extent> {
  for (const { index, run } of map?.placements() ?? []) {
    yield { offset: index * DISK_BLOCK_BYTES, length: run.count * DISK_BLOCK_BYTES };
  }
}
