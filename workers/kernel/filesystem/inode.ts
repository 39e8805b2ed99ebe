/** Inodes: what every name leads to. Plain records; the rules about them are in FileSystem. */
import type { ArtefactReference } from "../../../images/format/manifest.ts";
import type { Directory } from "./directory.ts";
import type { ByteString } from "./names.ts";
import type { Timestamp } from "./time.ts";

/** The file type bits of a mode, with Linux's values. */
export const S_IFMT = 0o170000;
export const S_IFSOCK = 0o140000;
export const S_IFLNK = 0o120000;
export const S_IFREG = 0o100000;
export const S_IFBLK = 0o060000;
export const S_IFDIR = 0o040000;
export const S_IFCHR = 0o020000;
export const S_IFIFO = 0o010000;
/** Permission bits, with set-user-id, set-group-id and sticky. */
export const PERMISSIONS = 0o7777;

/** Number of the root directory. */
export const ROOT_NUMBER = 1;

/** What {@link Inode}s are made of. */
export interface InodeFields {
  number: number;
  /** Type and permissions. */
  mode: number;
  uid: number;
  gid: number;
  /** Names that lead here; for a directory 2 and one more for each directory in it. */
  nlink: number;
  /** Length of a regular file's content or a symbolic link's target, in bytes. */
  size: number;
  /** Device number of a device node, as the client encoded it. */
  rdev: number;
  atime: Timestamp;
  mtime: Timestamp;
  ctime: Timestamp;
}

/** One file, directory, symbolic link, device, fifo or socket. */
export class Inode implements InodeFields {
  readonly number: number;
  mode: number;
  uid: number;
  gid: number;
  nlink: number;
  size: number;
  rdev: number;
  atime: Timestamp;
  mtime: Timestamp;
  ctime: Timestamp;
  /**
   * Counts changes of content: 9P's qid.version, 32 bits. Never 0, which tells Linux that a file has
   * no versions and must not be cached.
   */
  version = 1;
  /** Those who use this inode beside its names; it lives on while there are any. */
  references = 0;
  /** Of a directory. */
  directory: Directory | undefined;
  /** The directory that a directory is in; the root is in itself. */
  parent: Inode | undefined;
  /** Of a symbolic link. */
  target: ByteString | undefined;
  /** A regular file whose content is still that of the base. Otherwise the overlay has it. */
  base: ArtefactReference | undefined;
  /** Extended attributes by name. */
  xattrs: Map<ByteString, Uint8Array> | undefined;
  /** Settles when the last waiting content operation has finished; see Contents. */
  busy: Promise<void> | undefined;

  constructor(fields: InodeFields) {
    this.number = fields.number;
    this.mode = fields.mode;
    this.uid = fields.uid;
    this.gid = fields.gid;
    this.nlink = fields.nlink;
    this.size = fields.size;
    this.rdev = fields.rdev;
    this.atime = fields.atime;
    this.mtime = fields.mtime;
    this.ctime = fields.ctime;
    this.directory = undefined;
    this.parent = undefined;
    this.target = undefined;
    this.base = undefined;
    this.xattrs = undefined;
    this.busy = undefined;
  }

  /** The type bits of the mode. */
  get type(): number {
    return this.mode & S_IFMT;
  }

  get isDirectory(): boolean {
    return (this.mode & S_IFMT) === S_IFDIR;
  }

  get isFile(): boolean {
    return (this.mode & S_IFMT) === S_IFREG;
  }

  get isSymlink(): boolean {
    return (this.mode & S_IFMT) === S_IFLNK;
  }

  /** No name leads here any more. */
  get isOrphan(): boolean {
    return this.nlink === 0;
  }
}
