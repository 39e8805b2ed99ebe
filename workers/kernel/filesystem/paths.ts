/**
 * The tree by paths, for the image builder and the page. Paths are text: UTF-8, with bytes that are not
 * escaped as names.ts describes. They start at the root with or without a leading slash.
 */
import { MAX_PATH_BYTES, MAX_SYMLINKS } from "../../shared/limits.ts";
import type { FileSystem } from "./filesystem.ts";
import type { Inode } from "./inode.ts";
import { type ByteString, toByteString, toText } from "./names.ts";
import { PosixError } from "./posix-error.ts";
import type { Timestamp } from "./time.ts";

/** What a file made by path gets; what is missing is 0, or the default permissions. */
export interface FileOptions {
  mode?: number;
  uid?: number;
  gid?: number;
  mtime?: Timestamp;
}

const DIRECTORY_MODE = 0o755;
const FILE_MODE = 0o644;

/**
 * What a path leads to.
 *
 * @param options.follow whether a symbolic link at the end is followed; it is unless this is false
 * @throws PosixError ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG
 */
export function resolvePath(
  fs: FileSystem,
  path: string,
  { follow = true }: { follow?: boolean } = {},
): Inode {
  return walkNames(fs, fs.root, toByteString(path), follow);
}

/** As {@link resolvePath}, but undefined when there is nothing there. */
export function findPath(
  fs: FileSystem,
  path: string,
  options?: { follow?: boolean },
): Inode | undefined {
  try {
    return resolvePath(fs, path, options);
  } catch (error) {
    if (error instanceof PosixError && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** Makes a directory and those above it; what is there stays as it is. @returns the last one */
export function makeDirectories(fs: FileSystem, path: string, options: FileOptions = {}): Inode {
  let directory = fs.root;
  for (const name of toByteString(path).split("/").filter(isName)) {
    const present = fs.find(directory, name);
    if (present) directory = followAll(fs, directory, present);
    else directory = fs.mkdir(directory, name, creationOf(options, DIRECTORY_MODE));
    if (!directory.isDirectory) throw new PosixError("ENOTDIR", path);
  }
  setTime(fs, directory, options);
  return directory;
}

/**
 * Writes a whole file, making it and the directories above it when they are missing. A file that is there
 * keeps its inode (and with it its other names), and its attributes unless `options` has others.
 */
export async function writeFile(
  fs: FileSystem,
  path: string,
  bytes: Uint8Array,
  options: FileOptions = {},
): Promise<Inode> {
  const { directory, name } = parentDirectory(fs, path);
  const present = fs.find(directory, name);
  const inode = present
    ? followAll(fs, directory, present)
    : fs.create(directory, name, creationOf(options, FILE_MODE));
  await fs.truncate(inode, 0);
  await fs.write(inode, 0, bytes);
  if (present) fs.setAttributes(inode, options);
  setTime(fs, inode, options);
  return inode;
}

/** Makes a symbolic link, and the directories above it when they are missing. */
export function makeSymlink(
  fs: FileSystem,
  path: string,
  target: string,
  options: FileOptions = {},
): Inode {
  const { directory, name } = parentDirectory(fs, path);
  const link = fs.symlink(directory, name, toByteString(target), creationOf(options, 0));
  setTime(fs, link, options);
  return link;
}

/** Makes a device node, fifo or socket: `mode` has the type bits. */
export function makeNode(
  fs: FileSystem,
  path: string,
  rdev: number,
  options: FileOptions & { mode: number },
): Inode {
  const { directory, name } = parentDirectory(fs, path);
  const node = fs.mknod(directory, name, creationOf(options, options.mode), rdev);
  setTime(fs, node, options);
  return node;
}

/** Gives a file a second name. */
export function linkPath(fs: FileSystem, existing: string, path: string): void {
  const { directory, name } = parentDirectory(fs, path);
  fs.link(directory, name, resolvePath(fs, existing, { follow: false }));
}

/** The whole content of a file. */
export async function readFile(fs: FileSystem, path: string): Promise<Uint8Array<ArrayBuffer>> {
  return readInode(fs, resolvePath(fs, path));
}

/** The whole content of a regular file. @throws PosixError EFBIG when it cannot be held in memory */
export async function readInode(fs: FileSystem, inode: Inode): Promise<Uint8Array<ArrayBuffer>> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = new Uint8Array(inode.size);
  } catch {
    throw new PosixError("EFBIG", `${inode.size} bytes do not fit into memory`);
  }
  const length = await fs.read(inode, 0, bytes);
  return bytes.subarray(0, length);
}

/** Removes a file, or a directory with all that is in it. Nothing there is no error. */
export function remove(fs: FileSystem, path: string): void {
  if (!findPath(fs, path, { follow: false })) return;
  const { directory, name } = parentDirectory(fs, path);
  removeEntry(fs, directory, name);
}

/** One name in the tree. */
export interface WalkEntry {
  /** Absolute, "/" for the root. */
  path: string;
  inode: Inode;
}

/**
 * Every name at and below a directory, parents first, names in the order of their bytes. A file with
 * several names comes once for each, with the same inode. Entries may be removed while walking.
 */
export function* walk(fs: FileSystem, from = "/"): Generator<WalkEntry> {
  const start = resolvePath(fs, from, { follow: false });
  const path = `/${from.split("/").filter(isName).join("/")}`;
  yield* walkFrom(start, path);
}

function* walkFrom(inode: Inode, path: string): Generator<WalkEntry> {
  yield { path, inode };
  const entries = [...(inode.directory?.entries() ?? [])];
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name, inode: child } of entries) {
    yield* walkFrom(child, `${path === "/" ? "" : path}/${toText(name)}`);
  }
}

function isName(part: ByteString): boolean {
  return part !== "" && part !== ".";
}

function removeEntry(fs: FileSystem, directory: Inode, name: ByteString): void {
  const inode = fs.lookup(directory, name);
  for (const child of [...(inode.directory?.entries() ?? [])]) removeEntry(fs, inode, child.name);
  if (inode.isDirectory) fs.rmdir(directory, name);
  else fs.unlink(directory, name);
}

function parentDirectory(fs: FileSystem, path: string): { directory: Inode; name: ByteString } {
  const parts = path.split("/").filter(isName);
  const name = parts.pop();
  if (name === undefined || name === "..") throw new PosixError("EINVAL", `"${path}"`);
  return { directory: makeDirectories(fs, parts.join("/")), name: toByteString(name) };
}

function creationOf(options: FileOptions, mode: number) {
  return { mode: options.mode ?? mode, uid: options.uid ?? 0, gid: options.gid ?? 0 };
}

function setTime(fs: FileSystem, inode: Inode, { mtime }: FileOptions): void {
  if (mtime) fs.setAttributes(inode, { atime: mtime, mtime });
}

/** Where an entry of `directory` leads when symbolic links are followed. */
function followAll(fs: FileSystem, directory: Inode, inode: Inode): Inode {
  return inode.target === undefined ? inode : walkNames(fs, directory, inode.target, true);
}

/**
 * Walks a path from a directory, or from the root when it begins with a slash.
 *
 * @param follow whether a symbolic link at the end is followed
 * @param enter told of each directory that a name is looked up in; throws when it may not be searched
 * @throws PosixError ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG
 */
export function walkNames(
  fs: FileSystem,
  from: Inode,
  path: ByteString,
  follow: boolean,
  enter: (directory: Inode) => void = () => {},
): Inode {
  if (path.length > MAX_PATH_BYTES) throw new PosixError("ENAMETOOLONG");
  let inode = path.startsWith("/") ? fs.root : from;
  let links = 0;
  /** Names still to be walked, the next one last. */
  const names = path.split("/").filter(isName).reverse();
  while (names.length > 0) {
    enter(inode);
    const next = fs.lookup(inode, names.pop() as ByteString);
    if (next.target === undefined || (names.length === 0 && !follow)) {
      inode = next;
      continue;
    }
    links += 1;
    if (links > MAX_SYMLINKS) throw new PosixError("ELOOP", toText(path));
    if (next.target.startsWith("/")) inode = fs.root;
    names.push(...next.target.split("/").filter(isName).reverse());
  }
  return inode;
}
