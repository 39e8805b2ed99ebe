/** Calls on names and attributes: making, moving, linking and removing. */
import type { TimeChange } from "../../wasi/contract.ts";
import type { AttributeChanges, FileSystem } from "../filesystem/filesystem.ts";
import type { Inode } from "../filesystem/inode.ts";
import { toByteString, toText } from "../filesystem/names.ts";
import { PosixError } from "../filesystem/posix-error.ts";
import {
  type Credentials,
  checkAccess,
  checkRemoval,
  checkTimes,
  EXECUTE,
  newInode,
  WRITE,
} from "./access.ts";
import type { Devices } from "./devices.ts";
import type { CallOptions } from "./file-calls.ts";
import type { CachedChanges } from "./live-tree.ts";
import type { OpenFiles } from "./open-files.ts";
import { done, type Op, type Result } from "./result.ts";
import { statusOf, statusOfOpen, timeOf } from "./status.ts";
import type { Place, Walker } from "./walker.ts";

const DIRECTORY_MODE = 0o777;

export class NameCalls {
  private readonly fs: FileSystem;
  private readonly who: Credentials;
  private readonly files: OpenFiles;
  private readonly walker: Walker;
  private readonly changes: CachedChanges;
  private readonly devices: Devices;

  constructor({ fs, who, files, walker, changes, devices }: CallOptions) {
    this.fs = fs;
    this.who = who;
    this.files = files;
    this.walker = walker;
    this.changes = changes;
    this.devices = devices;
  }

  statAt(call: Op<"statAt">): Result {
    const device = this.devices.find(this.files.directory(call.at), call.path);
    if (device) return { answer: { status: statusOfOpen(device) } };
    return { answer: { status: statusOf(this.resolve(call, call.follow)) } };
  }

  setTimesOf(call: Op<"setTimes">): Result {
    const open = this.files.get(call.file);
    const inode = this.files.inode(call.file);
    return this.setTimes(inode, ("inode" in open && open.directory) || inode, call);
  }

  setTimesAt(call: Op<"setTimesAt">): Result {
    const from = this.files.directory(call.at);
    const { inode, directory } = this.walker.find(from, call.path, call.follow);
    return this.setTimes(inode, directory, call);
  }

  private setTimes(
    inode: Inode,
    directory: Inode,
    { atime, mtime }: { atime?: TimeChange; mtime?: TimeChange },
  ): Result {
    const isNow = [atime, mtime].every((time) => time === undefined || time === "now");
    checkTimes(inode, this.who, isNow);
    const attributes: AttributeChanges = {};
    if (atime !== undefined) attributes.atime = timeOf(atime);
    if (mtime !== undefined) attributes.mtime = timeOf(mtime);
    this.changes.note(directory);
    this.fs.setAttributes(inode, attributes);
    return done();
  }

  mkdir({ at, path }: Op<"mkdir">): Result {
    const { directory, name } = this.vacant(at, path);
    this.fs.mkdir(directory, name, newInode(this.who, DIRECTORY_MODE));
    return done();
  }

  unlink({ at, path }: Op<"unlink">): Result {
    const { directory, name, inode, mustBeDirectory } = this.present(at, path);
    if (mustBeDirectory && !inode.isDirectory) throw new PosixError("ENOTDIR");
    checkRemoval(directory, inode, this.who);
    this.changes.note(directory);
    this.fs.unlink(directory, name);
    return done();
  }

  rmdir({ at, path }: Op<"rmdir">): Result {
    const { directory, name, inode } = this.present(at, path);
    checkRemoval(directory, inode, this.who);
    this.changes.note(directory);
    this.fs.rmdir(directory, name);
    return done();
  }

  rename({ at, path, newAt, newPath }: Op<"rename">): Result {
    // Linux walks to both before it looks for the old name.
    const old = this.walker.place(this.files.directory(at), path);
    const to = this.walker.place(this.files.directory(newAt), newPath);
    const from = existing(old);
    const wantsFolder = from.mustBeDirectory || to.mustBeDirectory;
    if (wantsFolder && !from.inode.isDirectory) throw new PosixError("ENOTDIR");
    checkRemoval(from.directory, from.inode, this.who);
    if (to.inode) checkRemoval(to.directory, to.inode, this.who);
    else checkAccess(to.directory, this.who, WRITE | EXECUTE);
    this.changes.note(from.directory);
    this.changes.note(to.directory);
    this.fs.rename(from.directory, from.name, to.directory, to.name);
    return done();
  }

  link({ at, path, follow, newAt, newPath }: Op<"link">): Result {
    const inode = this.resolve({ at, path }, follow);
    const { directory, name } = this.vacant(newAt, newPath);
    this.fs.link(directory, name, inode);
    return done();
  }

  symlink({ target, at, path }: Op<"symlink">): Result {
    const { directory, name } = this.vacant(at, path);
    this.fs.symlink(directory, name, toByteString(target), newInode(this.who, 0));
    return done();
  }

  readlink(call: Op<"readlink">): Result {
    const { target } = this.resolve(call, false);
    if (target === undefined) throw new PosixError("EINVAL");
    return { answer: { target: toText(target) } };
  }

  private vacant(at: number, path: string) {
    const place = this.walker.place(this.files.directory(at), path);
    if (place.inode) throw new PosixError("EEXIST");
    checkAccess(place.directory, this.who, WRITE | EXECUTE);
    this.changes.note(place.directory);
    return place;
  }

  private present(at: number, path: string) {
    return existing(this.walker.place(this.files.directory(at), path));
  }

  private resolve({ at, path }: { at: number; path: string }, follow: boolean): Inode {
    return this.walker.resolve(this.files.directory(at), path, follow);
  }
}

function existing(place: Place): Place & { inode: Inode } {
  const { inode } = place;
  if (!inode) throw new PosixError("ENOENT");
  return { ...place, inode };
}
