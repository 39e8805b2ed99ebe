/** What unpacking needs of a tree of files. All paths are absolute and normalised. */

/** Who owns a file and what may be done with it. */
export interface FileAttributes {
  /** Permission bits. */
  mode: number;
  uid: number;
  gid: number;
  /** Seconds since 1970. */
  mtime: number;
}

/**
 * A tree that can be written. Symbolic links in the folders of a path are followed; the folders
 * themselves exist when a method is called.
 */
export interface TreeWriter {
  /** The contents of a file, or undefined if there is none. */
  readFile(path: string): Promise<Uint8Array | undefined>;
  /** Makes a file, or replaces whatever has its name and is not a directory. */
  writeFile(path: string, bytes: Uint8Array, attributes: FileAttributes): Promise<void>;
  /** Makes a directory; one that is there, or a link to one, stays as it is. */
  makeDirectory(path: string, attributes: FileAttributes): Promise<void>;
  /** Makes a symbolic link, or replaces whatever has its name and is not a directory. */
  makeSymlink(path: string, target: string, attributes: FileAttributes): Promise<void>;
  /** Gives a file a second name, replacing what has that name. */
  makeLink(existing: string, path: string): Promise<void>;
}
