/**
 * The one tree that everybody sees: an immutable base under a writable overlay.
 *
 * The unit is the inode; paths are in paths.ts. Metadata is in memory and synchronous. Content waits
 * only for base files that are not in memory yet. Rules and error codes are POSIX's, in Linux's
 * interpretation; permissions are not checked, because the guest's kernel does that. Reading does not
 * change atime, as on a mount with `noatime`.
 */
import type { ArtefactReference } from "../../../images/format/manifest.ts";
import type { TreeIndex } from "../../../images/format/tree-index.ts";
import { BASE_CACHE_BYTES, MAX_INODES, MAX_LINKS, MAX_PATH_BYTES } from "../../shared/limits.ts";
import type { ObjectStore } from "../../shared/store.ts";
import { BaseCache } from "./base-cache.ts";
import type { BaseChanges } from "./base-changes.ts";
import { emptyTree, inodesOf } from "./base-tree.ts";
import { Contents, type Eventually } from "./contents.ts";
import type { Directory, Entry } from "./directory.ts";
import {
  type Inode,
  PERMISSIONS,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
} from "./inode.ts";
import { InodeTable } from "./inode-table.ts";
import { LockTable } from "./locks.ts";
import { MemoryOverlay } from "./memory-overlay.ts";
import { type ByteString, checkNewName } from "./names.ts";
import type { OverlayBackend } from "./overlay.ts";
import { PosixError } from "./posix-error.ts";
import { checkContent, checkReplaceable, isDots, isInside } from "./rules.ts";
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
  /** Where it is marked which inodes of the base have changed, for replicas. */
  baseChanges?: BaseChanges;
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

export class FileSystem extends InodeTable {
  /** Advisory locks, shared by everybody who uses the tree. */
  readonly locks = new LockTable();
  private readonly base: BaseCache | undefined;
  private readonly contents: Contents;
  private readonly baseBytes: number;

  constructor(options: FileSystemOptions = {}) {
    const clock = options.clock ?? systemClock;
    const base = inodesOf(options.index ?? emptyTree(clock()));
    super(base, options.overlay ?? new MemoryOverlay(), clock, options.baseChanges);
    const cacheBytes = options.baseCacheBytes ?? BASE_CACHE_BYTES;
    this.base = options.store && new BaseCache(options.store, cacheBytes);
    this.contents = new Contents(this.base, this.overlay, (inode) => this.changed(inode));
    this.baseBytes = base.reduce((sum, inode) => sum + inode.size, 0);
  }

  /** Fetches contents of the base before anybody reads them. What fails is told to who reads it. */
  prefetch(contents: readonly ArtefactReference[]): void {
    for (const content of contents) Promise.resolve(this.base?.get(content)).catch(() => {});
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

  /**
   * Makes an empty regular file that no name leads to, as open(2) does with O_TMPFILE. It lives until its
   * matching {@link release}; {@link nameUnnamed} puts it into the tree.
   */
  createUnnamed({ mode, uid, gid }: Creation): Inode {
    const inode = this.allocate({ mode: S_IFREG | (mode & PERMISSIONS), uid, gid });
    inode.nlink = 0;
    this.retain(inode);
    this.changed(inode);
    return inode;
  }

  /**
   * Gives a file of {@link createUnnamed} its name, in one step in place of the file that has it.
   *
   * @throws PosixError those of a bad name, EISDIR, ENOENT when the directory was removed
   */
  nameUnnamed(directory: Inode, name: ByteString, inode: Inode): void {
    const replaced = directory.directory?.get(name);
    if (replaced) checkReplaceable(inode, replaced.inode);
    const entries = replaced ? undefined : this.checkVacant(directory, name);
    inode.nlink = 1;
    inode.ctime = this.now();
    if (replaced) this.replaceEntry(directory, replaced, inode);
    if (entries) this.addEntry(directory, entries, name, inode);
    this.changed(inode);
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
    inode.ctime = this.now();
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
    inode.ctime = this.now();
    this.changed(inode);
    this.changed(from);
    this.changed(to);
  }

  /** Changes attributes other than the size; see {@link truncate}. Always changes ctime. */
  setAttributes(inode: Inode, changes: AttributeChanges): void {
    const now = this.now();
    if (changes.mode !== undefined) inode.mode = inode.type | (changes.mode & PERMISSIONS);
    if (changes.uid !== undefined) inode.uid = changes.uid;
    if (changes.gid !== undefined) inode.gid = changes.gid;
    if (changes.atime !== undefined) inode.atime = changes.atime === "now" ? now : changes.atime;
    if (changes.mtime !== undefined) inode.mtime = changes.mtime === "now" ? now : changes.mtime;
    inode.ctime = now;
    this.changed(inode);
  }

  /** Whether {@link read} gives its result at once. */
  isAtHand(inode: Inode): boolean {
    return this.contents.isAtHand(inode);
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
      freeInodes: MAX_INODES - this.inodeCount,
    };
  }

  private make(
    directory: Inode,
    name: ByteString,
    type: number,
    { mode, uid, gid }: Creation,
    complete?: (inode: Inode) => void,
  ): Inode {
    const entries = this.checkVacant(directory, name);
    const inode = this.allocate({ mode: type | (mode & PERMISSIONS), uid, gid });
    if (inode.isDirectory) {
      inode.parent = directory;
      directory.nlink += 1;
    }
    complete?.(inode);
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
    inode.ctime = this.now();
    this.changed(inode);
    this.dropIfUnused(inode);
  }

  private lostDirectory(parent: Inode, inode: Inode): void {
    parent.nlink -= 1;
    inode.nlink = 0;
    inode.ctime = this.now();
    this.changed(parent);
    this.changed(inode);
    this.dropIfUnused(inode);
  }

  protected override removeContent(inode: Inode): void {
    this.contents.remove(inode);
  }
}

function noEntry(name: ByteString): never {
  throw new PosixError("ENOENT", name);
}
