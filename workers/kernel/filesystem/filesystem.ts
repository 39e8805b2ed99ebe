/**
 * The one tree that everybody sees: an immutable base under a writable overlay.
 *
 * The unit is the inode; paths are in paths.ts. Metadata is in memory and synchronous. Content waits
 * only for base files that are not in memory yet. Rules and error codes are POSIX's, in Linux's
 * interpretation; permissions are not checked, because the guest's kernel does that. Reading does not
 * change atime, as on a mount with `noatime`.
 */
import type { TreeIndex } from "../../../images/format/tree-index.ts";
import { BASE_CACHE_BYTES, MAX_INODES, MAX_LINKS, MAX_PATH_BYTES } from "../../shared/limits.ts";
import type { ObjectStore } from "../../shared/store.ts";
import { BaseCache } from "./base-cache.ts";
import { emptyTree, inodesOf } from "./base-tree.ts";
import { Contents, type Eventually } from "./contents.ts";
import { Directory, type Entry } from "./directory.ts";
import {
  Inode,
  PERMISSIONS,
  ROOT_NUMBER,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
} from "./inode.ts";
import { LockTable } from "./locks.ts";
import { MemoryOverlay } from "./memory-overlay.ts";
import { type ByteString, checkNewName } from "./names.ts";
import type { OverlayBackend } from "./overlay.ts";
import { PosixError } from "./posix-error.ts";
import { type Clock, systemClock, type Timestamp } from "./time.ts";

/** What a {@link FileSystem} is made of. */
export interface FileSystemOptions {
  /** The base; an empty root directory unless given. */
  index?: TreeIndex;
  /** Where the contents of base files come from. Needed with an index that has files. */
  store?: ObjectStore;
  /** Where changes go; a {@link MemoryOverlay} unless given. */
  overlay?: OverlayBackend;
  clock?: Clock;
  /** Bytes of base files kept in memory. */
  baseCacheBytes?: number;
}

/** What a new inode starts with. */
export interface Creation {
  /** Permissions; type bits are ignored but by {@link FileSystem.mknod}. */
  mode: number;
  uid: number;
  gid: number;
}

/** Changes to an inode's attributes. What is missing stays. */
export interface AttributeChanges {
  /** Permissions only. */
  mode?: number;
  uid?: number;
  gid?: number;
  atime?: Timestamp | "now";
  mtime?: Timestamp | "now";
}

/** Space and inodes, as statfs(2) has them. */
export interface SpaceUsage {
  totalBytes: number;
  freeBytes: number;
  totalInodes: number;
  freeInodes: number;
}

const NODE_TYPES = [S_IFREG, S_IFIFO, S_IFSOCK, S_IFCHR, S_IFBLK];

export class FileSystem {
  readonly root: Inode;
  readonly overlay: OverlayBackend;
  /** Advisory locks, shared by everybody who uses the tree. */
  readonly locks = new LockTable();
  /** Inodes of the base, numbered 1 to this. */
  readonly baseInodes: number;
  private readonly contents: Contents;
  private readonly clock: Clock;
  private readonly inodes = new Map<number, Inode>();
  /** Numbers of living inodes that are not as the base has them. */
  private readonly changedNumbers = new Set<number>();
  private nextNumber: number;
  private readonly baseBytes: number;

  constructor(options: FileSystemOptions = {}) {
    this.clock = options.clock ?? systemClock;
    this.overlay = options.overlay ?? new MemoryOverlay();
    const cacheBytes = options.baseCacheBytes ?? BASE_CACHE_BYTES;
    const cache = options.store && new BaseCache(options.store, cacheBytes);
    this.contents = new Contents(cache, this.overlay, (inode) => this.changed(inode));
    const base = inodesOf(options.index ?? emptyTree(this.clock()));
    for (const inode of base) this.inodes.set(inode.number, inode);
    this.root = base[0] as Inode;
    this.baseInodes = base.length;
    this.nextNumber = base.length + 1;
    this.baseBytes = base.reduce((sum, inode) => sum + inode.size, 0);
  }

  /** The living inode of that number: it has a name, or somebody uses it. */
  inode(number: number): Inode | undefined {
    return this.inodes.get(number);
  }

  /** What a name leads to, or undefined. "." and ".." are answered; the root is its own parent. */
  find(directory: Inode, name: ByteString): Inode | undefined {
    if (!directory.directory) throw new PosixError("ENOTDIR");
    const entry = directory.directory.get(name);
    if (entry) return entry.inode;
    if (name === ".") return directory;
    return name === ".." ? directory.parent : undefined;
  }

  /** @throws PosixError ENOENT, ENOTDIR */
  lookup(directory: Inode, name: ByteString): Inode {
    return this.find(directory, name) ?? noEntry(name);
  }

  /** Makes an empty regular file. @throws PosixError EEXIST and those of a bad name */
  create(directory: Inode, name: ByteString, creation: Creation): Inode {
    return this.make(directory, name, S_IFREG, creation);
  }

  mkdir(directory: Inode, name: ByteString, creation: Creation): Inode {
    return this.make(directory, name, S_IFDIR, creation);
  }

  /** @param target a byte string, 1 to 4095 bytes */
  symlink(directory: Inode, name: ByteString, target: ByteString, creation: Creation): Inode {
    if (target === "") throw new PosixError("ENOENT", "a link needs a target");
    if (target.length > MAX_PATH_BYTES) throw new PosixError("ENAMETOOLONG");
    return this.make(directory, name, S_IFLNK, { ...creation, mode: 0o777 }, (inode) => {
      inode.target = target;
      inode.size = target.length;
    });
  }

  /** Makes a fifo, socket, device or regular file: `creation.mode` has the type bits. */
  mknod(directory: Inode, name: ByteString, creation: Creation, rdev: number): Inode {
    const type = creation.mode & S_IFMT;
    if (!NODE_TYPES.includes(type)) throw new PosixError("EINVAL", "not a type mknod can make");
    const isDevice = type === S_IFCHR || type === S_IFBLK;
    return this.make(directory, name, type, creation, (inode) => {
      inode.rdev = isDevice ? rdev : 0;
    });
  }

  /** Gives a file that is not a directory another name. */
  link(directory: Inode, name: ByteString, inode: Inode): void {
    const entries = this.checkVacant(directory, name);
    if (inode.isDirectory) throw new PosixError("EPERM", "directories have one name");
    if (inode.isOrphan) throw new PosixError("ENOENT");
    if (inode.nlink >= MAX_LINKS) throw new PosixError("EMLINK");
    inode.nlink += 1;
    inode.ctime = this.clock();
    this.addEntry(directory, entries, name, inode);
    this.changed(inode);
  }

  /** Removes a name of anything but a directory. */
  unlink(directory: Inode, name: ByteString): void {
    const inode = this.namedEntry(directory, name).inode;
    if (inode.isDirectory) throw new PosixError("EISDIR", name);
    this.removeEntry(directory, name);
    this.lostName(inode);
  }

  /** Removes an empty directory. */
  rmdir(directory: Inode, name: ByteString): void {
    if (name === ".") throw new PosixError("EINVAL", name);
    if (name === "..") throw new PosixError("ENOTEMPTY", name);
    const inode = this.namedEntry(directory, name).inode;
    if (!inode.directory) throw new PosixError("ENOTDIR", name);
    if (inode.directory.size > 0) throw new PosixError("ENOTEMPTY", name);
    this.removeEntry(directory, name);
    this.lostDirectory(directory, inode);
  }

  /**
   * Moves a name, replacing what the new name leads to.
   *
   * @throws PosixError as rename(2): EINVAL into itself, ENOTEMPTY, EISDIR, ENOTDIR, EBUSY for "." and ".."
   */
  rename(from: Inode, oldName: ByteString, to: Inode, newName: ByteString): void {
    if (isDots(oldName) || isDots(newName)) throw new PosixError("EBUSY");
    if (!to.directory) throw new PosixError("ENOTDIR");
    const inode = this.namedEntry(from, oldName).inode;
    const replaced = to.directory.get(newName);
    if (from !== to) {
      if (isInside(to, inode))
        throw new PosixError("EINVAL", "a directory cannot move into itself");
      if (replaced && isInside(from, replaced.inode)) throw new PosixError("ENOTEMPTY", newName);
    }
    if (replaced?.inode === inode) return;
    if (replaced) checkReplaceable(inode, replaced.inode);
    else this.checkVacant(to, newName);

    this.removeEntry(from, oldName);
    if (replaced) this.replaceEntry(to, replaced, inode);
    else this.addEntry(to, to.directory, newName, inode);
    if (inode.isDirectory && from !== to) {
      from.nlink -= 1;
      to.nlink += 1;
      inode.parent = to;
    }
    inode.ctime = this.clock();
    this.changed(inode);
    this.changed(from);
    this.changed(to);
  }

  /** Changes attributes other than the size; see {@link truncate}. Always changes ctime. */
  setAttributes(inode: Inode, changes: AttributeChanges): void {
    const now = this.clock();
    if (changes.mode !== undefined) inode.mode = inode.type | (changes.mode & PERMISSIONS);
    if (changes.uid !== undefined) inode.uid = changes.uid;
    if (changes.gid !== undefined) inode.gid = changes.gid;
    if (changes.atime !== undefined) inode.atime = changes.atime === "now" ? now : changes.atime;
    if (changes.mtime !== undefined) inode.mtime = changes.mtime === "now" ? now : changes.mtime;
    inode.ctime = now;
    this.changed(inode);
  }

  /**
   * Reads into `target` from `offset`.
   *
   * @returns bytes read: fewer than asked for only at the end of the file
   * @throws PosixError EISDIR, EINVAL for what has no content; TabnixError when the store fails
   */
  read(inode: Inode, offset: number, target: Uint8Array): Eventually<number> {
    checkContent(inode);
    return this.contents.read(inode, offset, target);
  }

  /**
   * Writes all of `source`, which must not change until the result is there.
   *
   * @param offset "end" appends, whatever is written meanwhile
   * @throws PosixError EFBIG, ENOSPC (nothing was written), EISDIR, EINVAL; TabnixError of the store
   */
  write(inode: Inode, offset: number | "end", source: Uint8Array): Eventually<void> {
    checkContent(inode);
    if (source.length === 0) return;
    return this.contents.write(inode, offset, source, (end) => {
      if (end > inode.size) inode.size = end;
      this.contentChanged(inode);
    });
  }

  /** Sets the length; new bytes are zeros and cost nothing. @throws as {@link write} */
  truncate(inode: Inode, size: number): Eventually<void> {
    checkContent(inode);
    return this.contents.truncate(inode, size, () => {
      inode.size = size;
      this.contentChanged(inode);
    });
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
    for (const number of [...this.changedNumbers]) {
      const inode = this.inodes.get(number);
      if (inode) this.dropIfUnused(inode);
    }
  }

  /** Settles when all changes made so far are durable. */
  sync(): Promise<void> {
    return this.overlay.sync();
  }

  /** Space of base and overlay together. */
  space(): SpaceUsage {
    const { capacity, usage } = this.overlay;
    return {
      totalBytes: this.baseBytes + capacity,
      freeBytes: Math.max(0, capacity - usage),
      totalInodes: MAX_INODES,
      freeInodes: MAX_INODES - this.inodes.size,
    };
  }

  /** The inode is not as the base has it: after every change, also by xattrs.ts and snapshot.ts. */
  changed(inode: Inode): void {
    this.changedNumbers.add(inode.number);
    this.overlay.changes.inodeChanged(inode);
  }

  /** Living inodes that differ from the base. */
  *changedInodes(): Iterable<Inode> {
    for (const number of this.changedNumbers) {
      const inode = this.inodes.get(number);
      if (inode) yield inode;
    }
  }

  /** The state that numbers new inodes; see snapshot.ts. */
  get nextInodeNumber(): number {
    return this.nextNumber;
  }

  /** Puts restored inodes in place of those with the same numbers; see snapshot.ts. */
  adopt(inodes: Iterable<Inode>, removed: Iterable<number>, nextNumber: number): void {
    for (const number of removed) this.inodes.delete(number);
    for (const inode of inodes) {
      this.inodes.set(inode.number, inode);
      this.changed(inode);
    }
    this.nextNumber = nextNumber;
  }

  /** The present, by the filesystem's clock. */
  now(): Timestamp {
    return this.clock();
  }

  private make(
    directory: Inode,
    name: ByteString,
    type: number,
    { mode, uid, gid }: Creation,
    complete?: (inode: Inode) => void,
  ): Inode {
    const entries = this.checkVacant(directory, name);
    if (this.inodes.size >= MAX_INODES) throw new PosixError("ENOSPC", "too many inodes");
    const now = this.clock();
    const inode = new Inode({
      number: this.nextNumber,
      mode: type | (mode & PERMISSIONS),
      uid,
      gid,
      nlink: type === S_IFDIR ? 2 : 1,
      size: 0,
      rdev: 0,
      atime: now,
      mtime: now,
      ctime: now,
    });
    if (type === S_IFDIR) {
      inode.directory = new Directory();
      inode.parent = directory;
      directory.nlink += 1;
    }
    complete?.(inode);
    this.nextNumber += 1;
    this.inodes.set(inode.number, inode);
    this.changed(inode);
    this.addEntry(directory, entries, name, inode);
    return inode;
  }

  /** @returns the entries of a directory in which `name` may be made */
  private checkVacant(directory: Inode, name: ByteString): Directory {
    if (!directory.directory) throw new PosixError("ENOTDIR");
    checkNewName(name);
    if (directory.directory.get(name)) throw new PosixError("EEXIST", name);
    if (directory.isOrphan) throw new PosixError("ENOENT", "the directory was removed");
    return directory.directory;
  }

  private namedEntry(directory: Inode, name: ByteString): Entry {
    if (!directory.directory) throw new PosixError("ENOTDIR");
    return directory.directory.get(name) ?? noEntry(name);
  }

  private addEntry(parent: Inode, entries: Directory, name: ByteString, inode: Inode): void {
    const entry = entries.add(name, inode);
    this.contentChanged(parent);
    this.overlay.changes.entryAdded(parent, name, entry.cookie, inode);
  }

  private removeEntry(parent: Inode, name: ByteString): void {
    parent.directory?.delete(name);
    this.contentChanged(parent);
    this.overlay.changes.entryRemoved(parent, name);
  }

  /** The entry keeps its cookie, so that a reader of the directory sees the name once. */
  private replaceEntry(parent: Inode, entry: Entry, inode: Inode): void {
    const old = entry.inode;
    entry.inode = inode;
    this.contentChanged(parent);
    this.overlay.changes.entryAdded(parent, entry.name, entry.cookie, inode);
    if (old.isDirectory) this.lostDirectory(parent, old);
    else this.lostName(old);
  }

  private lostName(inode: Inode): void {
    inode.nlink -= 1;
    inode.ctime = this.clock();
    this.changed(inode);
    this.dropIfUnused(inode);
  }

  private lostDirectory(parent: Inode, inode: Inode): void {
    parent.nlink -= 1;
    inode.nlink = 0;
    inode.ctime = this.clock();
    this.changed(parent);
    this.changed(inode);
    this.dropIfUnused(inode);
  }

  private dropIfUnused(inode: Inode): void {
    if (inode.nlink > 0 || inode.references > 0 || inode.number === ROOT_NUMBER) return;
    if (!this.inodes.delete(inode.number)) return;
    this.changedNumbers.delete(inode.number);
    if (inode.isFile) this.contents.remove(inode);
    this.overlay.changes.inodeRemoved(inode.number);
  }

  private contentChanged(inode: Inode): void {
    const now = this.clock();
    inode.mtime = now;
    inode.ctime = now;
    inode.version = (inode.version + 1) >>> 0;
    this.changed(inode);
  }
}

function noEntry(name: ByteString): never {
  throw new PosixError("ENOENT", name);
}

function isDots(name: ByteString): boolean {
  return name === "." || name === "..";
}

function checkContent(inode: Inode): void {
  if (inode.isFile) return;
  throw inode.isDirectory
    ? new PosixError("EISDIR")
    : new PosixError("EINVAL", "it has no content");
}

/** Whether `inode` is `ancestor` or lies below it. */
function isInside(inode: Inode, ancestor: Inode): boolean {
  let above: Inode | undefined = inode;
  while (above && above !== ancestor && above.parent !== above) above = above.parent;
  return above === ancestor;
}

/** @throws PosixError when a file would replace a directory, the reverse, or the directory has entries */
function checkReplaceable(inode: Inode, replaced: Inode): void {
  if (inode.isDirectory && !replaced.isDirectory) throw new PosixError("ENOTDIR");
  if (!inode.isDirectory && replaced.isDirectory) throw new PosixError("EISDIR");
  if (replaced.directory && replaced.directory.size > 0) throw new PosixError("ENOTEMPTY");
}
