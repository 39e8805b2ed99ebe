/** Lets packages be unpacked straight into the tree that the guest will see. */
import type { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import {
  type FileOptions,
  findPath,
  linkPath,
  makeDirectories,
  makeSymlink,
  readFile,
  remove,
  resolvePath,
  writeFile,
} from "../../../workers/kernel/filesystem/paths.ts";
import type { FileAttributes, TreeWriter } from "../debian/tree-writer.ts";

export class FileSystemTree implements TreeWriter {
  private readonly fs: FileSystem;

  constructor(fs: FileSystem) {
    this.fs = fs;
  }

  async readFile(path: string): Promise<Uint8Array | undefined> {
    return findPath(this.fs, path) && (await readFile(this.fs, path));
  }

  async writeFile(path: string, bytes: Uint8Array, attributes: FileAttributes): Promise<void> {
    // As dpkg does: a new inode, so that other names of the old one keep what they had.
    this.clear(path);
    await writeFile(this.fs, path, bytes, options(attributes));
  }

  async makeDirectory(path: string, attributes: FileAttributes): Promise<void> {
    const present = findPath(this.fs, path);
    if (!present?.isDirectory) makeDirectories(this.fs, path, options(attributes));
  }

  async makeSymlink(path: string, target: string, attributes: FileAttributes): Promise<void> {
    if (this.isDirectory(path)) return;
    this.clear(path);
    makeSymlink(this.fs, path, target, options(attributes));
  }

  async makeLink(existing: string, path: string): Promise<void> {
    this.clear(path);
    linkPath(this.fs, existing, path);
  }

  private isDirectory(path: string): boolean {
    return (
      findPath(this.fs, path, { follow: false }) !== undefined &&
      resolvePath(this.fs, path, { follow: false }).isDirectory
    );
  }

  private clear(path: string): void {
    if (!this.isDirectory(path)) remove(this.fs, path);
  }
}

function options({ mode, uid, gid, mtime }: FileAttributes): FileOptions {
  return { mode, uid, gid, mtime: { seconds: mtime, nanoseconds: 0 } };
}
