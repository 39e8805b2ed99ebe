/** Paths as a process walks them: from an open directory, through directories that it may search. */
import { MAX_SYMLINKS } from "../../shared/limits.ts";
import type { FileSystem } from "../filesystem/filesystem.ts";
import type { Inode } from "../filesystem/inode.ts";
import { type ByteString, toByteString } from "../filesystem/names.ts";
import { walkNames } from "../filesystem/paths.ts";
import { PosixError } from "../filesystem/posix-error.ts";
import { type Credentials, checkAccess, EXECUTE } from "./access.ts";

/** A name in a directory, and what is there. */
export interface Place {
  directory: Inode;
  name: ByteString;
  inode: Inode | undefined;
  /** The path ended with a slash: only a directory will do. */
  mustBeDirectory: boolean;
}

export class Walker {
  private readonly fs: FileSystem;
  private readonly who: Credentials;

  constructor(fs: FileSystem, who: Credentials) {
    this.fs = fs;
    this.who = who;
  }

  /** What a path leads to. @throws PosixError as open(2) */
  resolve(from: Inode, path: string, follow: boolean): Inode {
    return this.walk(from, checkPath(path), follow).inode;
  }

  /** The same, and the directory that it was found in: `from` for "." itself. */
  find(from: Inode, path: string, follow: boolean): { inode: Inode; directory: Inode } {
    return this.walk(from, checkPath(path), follow);
  }

  /** The name that a path ends with, which need not be there. "." and ".." are EINVAL. */
  place(from: Inode, path: string): Place {
    return this.placeOf(from, checkPath(path));
  }

  /** The same, through symbolic links at the end: where open(2) would make a file. */
  finalPlace(from: Inode, path: string): Place {
    let place = this.place(from, path);
    for (let links = 0; place.inode?.target !== undefined; links++) {
      if (links === MAX_SYMLINKS) throw new PosixError("ELOOP");
      const next = this.placeOf(place.directory, place.inode.target);
      place = { ...next, mustBeDirectory: next.mustBeDirectory || place.mustBeDirectory };
    }
    return place;
  }

  private walk(from: Inode, path: ByteString, follow: boolean) {
    const isFolder = path.endsWith("/");
    let last = from;
    const inode = walkNames(this.fs, from, path, follow || isFolder, (directory) => {
      if (directory.isDirectory) checkAccess(directory, this.who, EXECUTE);
      last = directory;
    });
    if (isFolder && !inode.isDirectory) throw new PosixError("ENOTDIR");
    return { inode, directory: last };
  }

  private placeOf(from: Inode, path: ByteString): Place {
    const trimmed = path.replace(/\/+$/, "");
    const cut = trimmed.lastIndexOf("/");
    const name = trimmed.slice(cut + 1);
    const above = trimmed.slice(0, cut + 1);
    if (name === "" || name === "." || name === "..") throw new PosixError("EINVAL");
    const directory = above === "" ? from : this.walk(from, above, true).inode;
    if (!directory.isDirectory) throw new PosixError("ENOTDIR");
    checkAccess(directory, this.who, EXECUTE);
    const inode = this.fs.find(directory, name);
    return { directory, name, inode, mustBeDirectory: trimmed !== path };
  }
}

/** @throws PosixError ENOENT for nothing, EINVAL for what no path may have */
function checkPath(path: string): ByteString {
  if (typeof path !== "string" || path.includes("\0")) throw new PosixError("EINVAL");
  if (path === "") throw new PosixError("ENOENT");
  return toByteString(path);
}
