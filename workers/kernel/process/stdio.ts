/** What a program's standard files are, by what the guest says of its caller's descriptors. */
import type { OpenFlags, Stdio } from "../../wasi/contract.ts";
import type { FileSystem } from "../filesystem/filesystem.ts";
import { type Inode, S_IFMT, S_IFREG } from "../filesystem/inode.ts";
import { type ByteString, toText } from "../filesystem/names.ts";
import { findPath } from "../filesystem/paths.ts";
import type { ExecDescriptor } from "./exec-protocol.ts";
import { isLivePath } from "./live-tree.ts";
import type { OpenFile } from "./open-files.ts";

/** Where the guest has the whole tree uncached. */
export const LIVE_MOUNT = "/run/tabnix/live";
/** The guest's own flags, Linux on i386. */
const O_ACCMODE = 3;
const O_WRONLY = 1;
const O_RDONLY = 0;
const O_APPEND = 0o2000;
const O_NONBLOCK = 0o4000;

/** A standard file: what the kernel has open, and what the program is told. */
export interface StandardFile {
  /** Undefined when the caller has closed it. */
  open: OpenFile | undefined;
  stdio: Stdio;
}

/**
 * A file of the live tree is used as it is, because the guest caches nothing of it. Everything else goes
 * through the caller's descriptor: pipes, terminals, and what only the guest has or caches.
 */
function standardFile(fs: FileSystem, number: number, given: ExecDescriptor): StandardFile {
  const flags = flagsOf(given.flags);
  const inode = (given.mode & S_IFMT) === S_IFREG ? liveFile(fs, given.target) : undefined;
  if (inode && given.position >= 0) {
    return { open: { inode, flags }, stdio: { kind: "file", position: given.position, flags } };
  }
  const kind = given.isTerminal ? "terminal" : "stream";
  return {
    open: given.mode === 0 ? undefined : { descriptor: number, kind },
    stdio: { kind, position: 0, flags },
  };
}

/**
 * All three. Those that are one open file, as after `2>&1`, share its position; the guest does not say which
 * are, but they lead to the same file at the same place.
 */
export function standardFiles(fs: FileSystem, given: readonly ExecDescriptor[]): StandardFile[] {
  const files = given.map((one, number) => standardFile(fs, number, one));
  for (const [number, { stdio }] of files.entries()) {
    if (stdio.kind !== "file") continue;
    const { target, position } = given[number] as ExecDescriptor;
    const first = given.findIndex((one) => one.target === target && one.position === position);
    if (first < number) stdio.sameAs = first;
  }
  return files;
}

/** The path in the tree, of one that may lead through the mount of all of it. */
export function treePath(path: ByteString): ByteString {
  if (path === LIVE_MOUNT) return "/";
  return path.startsWith(`${LIVE_MOUNT}/`) ? path.slice(LIVE_MOUNT.length) : path;
}

function liveFile(fs: FileSystem, target: ByteString): Inode | undefined {
  const path = treePath(target);
  const isLive = path !== target || isLivePath(path);
  const inode = isLive ? findPath(fs, toText(path)) : undefined;
  return inode?.isFile ? inode : undefined;
}

function flagsOf(flags: number): OpenFlags {
  const access = flags & O_ACCMODE;
  return {
    read: access !== O_WRONLY,
    write: access !== O_RDONLY,
    append: (flags & O_APPEND) !== 0,
    nonblocking: (flags & O_NONBLOCK) !== 0,
  };
}
