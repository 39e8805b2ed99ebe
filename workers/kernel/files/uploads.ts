/**
 * Files that the page is writing. Such a file has no name until it is whole: nobody sees half of one, and
 * one that is never finished is gone with the page.
 */
import { FILE_PIECE_BYTES, MAX_UPLOADS } from "../../shared/limits.ts";
import type { FileSystem } from "../filesystem/filesystem.ts";
import { type Inode, PERMISSIONS } from "../filesystem/inode.ts";
import { PosixError } from "../filesystem/posix-error.ts";
import { whole } from "../process/result.ts";
import type { Place } from "../process/walker.ts";
import type { FileCallOf, Replaceable } from "./contract.ts";
import { changedMeanwhile } from "./explain.ts";

/** Of a file that is new. */
const NEW_FILE = { mode: 0o644, uid: 0, gid: 0 };

interface Upload {
  /** As the page calls it. */
  path: string;
  place: Place;
  replaces: Replaceable;
  inode: Inode;
}

export class Uploads {
  private readonly fs: FileSystem;
  private readonly byNumber = new Map<number, Upload>();
  private next = 1;

  constructor(fs: FileSystem) {
    this.fs = fs;
  }

  /** The path that an upload is for, for messages. */
  pathOf(upload: number): string {
    return this.byNumber.get(upload)?.path ?? "The file";
  }

  /** @returns the number of the upload */
  begin({ path, size, replaces }: FileCallOf<"begin">, place: Place): number {
    if (this.byNumber.size >= MAX_UPLOADS) throw new PosixError("EMFILE");
    checkPlace(path, place, replaces);
    if (whole(size) > this.fs.space().freeBytes) throw new PosixError("ENOSPC");
    const inode = this.fs.createUnnamed(NEW_FILE);
    this.byNumber.set(this.next, { path, place, replaces, inode });
    return this.next++;
  }

  write({ upload, offset, bytes }: FileCallOf<"write">): void | Promise<void> {
    if (bytes.length > FILE_PIECE_BYTES) throw new PosixError("EMSGSIZE");
    return this.fs.write(this.get(upload).inode, whole(offset), bytes);
  }

  /** @returns the file and the directory that it is in now */
  finish({ upload, mode: wanted }: FileCallOf<"finish">): { inode: Inode; directory: Inode } {
    const { path, place, replaces, inode } = this.get(upload);
    const { directory, name } = place;
    const present = this.fs.find(directory, name);
    checkPlace(path, { ...place, inode: present }, replaces);
    if (present) {
      const { mode, uid, gid } = present;
      this.fs.setAttributes(inode, { mode, uid, gid });
    }
    if (wanted !== undefined) this.fs.setAttributes(inode, { mode: permissions(wanted) });
    this.fs.nameUnnamed(directory, name, inode);
    this.abandon(upload);
    return { inode, directory };
  }

  /** Forgets an upload, and its file if it has no name. */
  abandon(number: number): void {
    const upload = this.byNumber.get(number);
    this.byNumber.delete(number);
    if (upload) this.fs.release(upload.inode);
  }

  private get(number: number): Upload {
    const upload = this.byNumber.get(number);
    if (!upload) throw new PosixError("EBADF");
    return upload;
  }
}

/** @throws PosixError EEXIST, EISDIR, ENOTDIR, ENXIO; TabnixError `changed` */
function checkPlace(path: string, { inode, mustBeDirectory }: Place, replaces: Replaceable): void {
  if (mustBeDirectory) throw new PosixError("EISDIR");
  if (inode?.isDirectory) throw new PosixError("EISDIR");
  if (inode && replaces === "nothing") throw new PosixError("EEXIST");
  if (inode && !inode.isFile) throw new PosixError("ENXIO");
  if (typeof replaces === "string") return;
  if (inode?.number !== replaces.inode || inode.version !== replaces.version) {
    throw changedMeanwhile(path);
  }
}

/** @throws PosixError EINVAL */
function permissions(mode: number): number {
  if ((whole(mode) & PERMISSIONS) !== mode) throw new PosixError("EINVAL");
  return mode;
}
