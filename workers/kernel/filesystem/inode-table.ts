/** The living inodes of a tree: their numbers, users, and which of them differ from the base. */
import { ContentStamps } from "../../shared/content-stamps.ts";
import { MAX_INODES } from "../../shared/limits.ts";
import type { BaseChanges } from "./base-changes.ts";
import { Directory } from "./directory.ts";
import { Inode, type InodeFields, ROOT_NUMBER, S_IFDIR } from "./inode.ts";
import type { OverlayBackend } from "./overlay.ts";
import { PosixError } from "./posix-error.ts";
import type { Clock, Timestamp } from "./time.ts";

export abstract class InodeTable {
  readonly root: Inode;
  readonly overlay: OverlayBackend;
  /** Inodes of the base, numbered 1 to this. */
  readonly baseInodes: number;
  readonly contentStamps = new ContentStamps();
  private readonly clock: Clock;
  private readonly baseChanges: BaseChanges | undefined;
  private readonly inodes = new Map<number, Inode>();
  /** Numbers of living inodes that are not as the base has them. */
  private readonly changedNumbers = new Set<number>();
  private nextNumber: number;
  private onChange: (inode: Inode) => void = () => {};

  /**
   * @param base the inodes of the base, in the order of their numbers
   * @param baseChanges where changes of them are marked
   */
  constructor(base: Inode[], overlay: OverlayBackend, clock: Clock, baseChanges?: BaseChanges) {
    this.overlay = overlay;
    this.clock = clock;
    this.baseChanges = baseChanges;
    for (const inode of base) this.inodes.set(inode.number, inode);
    this.root = base[0] as Inode;
    this.baseInodes = base.length;
    this.nextNumber = base.length + 1;
  }

  /** Forgets what the overlay has of an inode that is gone. */
  protected abstract removeContent(inode: Inode): void;

  /** The living inode of that number: it has a name, or somebody uses it. */
  inode(number: number): Inode | undefined {
    return this.inodes.get(number);
  }

  /** How many are alive. */
  get inodeCount(): number {
    return this.inodes.size;
  }

  /** The number of the next new inode. Numbers are not used again. */
  get nextInodeNumber(): number {
    return this.nextNumber;
  }

  /** Living inodes that differ from the base. */
  *changedInodes(): Iterable<Inode> {
    for (const number of this.changedNumbers) {
      const inode = this.inodes.get(number);
      if (inode) yield inode;
    }
  }

  /** The present, by the filesystem's clock. */
  now(): Timestamp {
    return this.clock();
  }

  /** Has somebody told what has changed, before anybody else can see it; one at a time. */
  watch(onChange: (inode: Inode) => void): void {
    this.onChange = onChange;
  }

  /** Keeps an inode alive after its last name is gone, until the matching {@link release}. */
  retain(inode: Inode): void {
    inode.references += 1;
  }

  release(inode: Inode): void {
    inode.references -= 1;
    this.dropIfUnused(inode);
  }

  /** Forgets orphans nobody uses: after a restore whose users did not come back. */
  dropUnusedOrphans(): void {
    for (const inode of [...this.changedInodes()]) this.dropIfUnused(inode);
  }

  /** Puts restored inodes in place of those with the same numbers; see overlay-restore.ts. */
  adopt(inodes: Iterable<Inode>, removed: Iterable<number>, nextNumber: number): void {
    for (const number of removed) this.inodes.delete(number);
    for (const inode of inodes) {
      this.inodes.set(inode.number, inode);
      this.changed(inode);
    }
    this.nextNumber = nextNumber;
  }

  /** A new inode with one name, which the caller makes; a directory also has its own ".". */
  protected allocate(fields: Pick<InodeFields, "mode" | "uid" | "gid">): Inode {
    if (this.inodes.size >= MAX_INODES) throw new PosixError("ENOSPC", "too many inodes");
    const now = this.clock();
    const inode = new Inode({
      ...fields,
      number: this.nextNumber,
      nlink: 1,
      size: 0,
      rdev: 0,
      atime: now,
      mtime: now,
      ctime: now,
    });
    if (inode.type === S_IFDIR) {
      inode.directory = new Directory();
      inode.nlink = 2;
    }
    this.nextNumber += 1;
    this.inodes.set(inode.number, inode);
    return inode;
  }

  /** After every change of an inode. */
  protected changed(inode: Inode): void {
    this.changedNumbers.add(inode.number);
    this.baseChanges?.mark(inode.number);
    this.overlay.changes.inodeChanged(inode);
    this.onChange(inode);
  }

  /** After every change of a file's content or a directory's entries. */
  protected contentChanged(inode: Inode): void {
    const now = this.clock();
    inode.mtime = now;
    inode.ctime = now;
    inode.version = (inode.version + 1) >>> 0 || 1;
    this.contentStamps.raise(inode.number);
    this.changed(inode);
  }

  protected dropIfUnused(inode: Inode): void {
    if (inode.nlink > 0 || inode.references > 0 || inode.number === ROOT_NUMBER) return;
    if (!this.inodes.delete(inode.number)) return;
    this.changedNumbers.delete(inode.number);
    if (inode.isFile) this.removeContent(inode);
    this.overlay.changes.inodeRemoved(inode.number);
  }
}
