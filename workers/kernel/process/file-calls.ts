/** Calls on files: opening, reading, writing, listing, waiting. */
import { MAX_LISTED_ENTRIES, WASI_DATA_BYTES } from "../../shared/limits.ts";
import type { DirectoryEntry } from "../../wasi/contract.ts";
import type { Eventually } from "../filesystem/contents.ts";
import { DOT_COOKIE, DOT_DOT_COOKIE } from "../filesystem/directory.ts";
import type { FileSystem } from "../filesystem/filesystem.ts";
import type { Inode } from "../filesystem/inode.ts";
import { toText } from "../filesystem/names.ts";
import { PosixError } from "../filesystem/posix-error.ts";
import { type Credentials, checkAccess, EXECUTE, newInode, READ, WRITE } from "./access.ts";
import { type Devices, readDevice, writeDevice } from "./devices.ts";
import type { CachedChanges } from "./live-tree.ts";
import type { OpenFile, OpenFiles } from "./open-files.ts";
import { after, done, type Op, type Result, whole } from "./result.ts";
import { kindOf, statusOf, statusOfOpen } from "./status.ts";
import type { Streams } from "./stream.ts";
import type { Walker } from "./walker.ts";

const FILE_MODE = 0o666;

/** What the calls work on. */
export interface CallOptions {
  fs: FileSystem;
  who: Credentials;
  files: OpenFiles;
  walker: Walker;
  changes: CachedChanges;
  devices: Devices;
}

interface FileCallOptions extends CallOptions {
  streams: Streams;
}

export class FileCalls {
  private readonly fs: FileSystem;
  private readonly who: Credentials;
  private readonly streams: Streams;
  private readonly files: OpenFiles;
  private readonly walker: Walker;
  private readonly changes: CachedChanges;
  private readonly devices: Devices;

  constructor({ fs, who, streams, files, walker, changes, devices }: FileCallOptions) {
    this.fs = fs;
    this.who = who;
    this.streams = streams;
    this.files = files;
    this.walker = walker;
    this.changes = changes;
    this.devices = devices;
  }

  open(call: Op<"open">): Eventually<Result> {
    const device = this.devices.find(this.files.directory(call.at), call.path);
    if (device) return this.openDevice(device, call);
    const { inode, directory } = call.create ? this.create(call) : this.find(call);
    const file = this.files.add({ inode, directory, flags: { ...call.flags } });
    if (!call.truncate || !inode.isFile) return { answer: { file, status: statusOf(inode) } };
    this.changes.note(directory);
    const cut = this.fs.truncate(inode, 0);
    return after(cut, () => ({ answer: { file, status: statusOf(inode) } }));
  }

  private openDevice(
    device: OpenFile,
    { create, exclusive, directory, flags }: Op<"open">,
  ): Result {
    if (create && exclusive) throw new PosixError("EEXIST");
    if (directory) throw new PosixError("ENOTDIR");
    const file = this.files.add("inode" in device ? { ...device, flags: { ...flags } } : device);
    return { answer: { file, status: statusOfOpen(device) } };
  }

  private find(call: Op<"open">) {
    const found = this.walker.find(this.files.directory(call.at), call.path, call.follow);
    if (found.inode.isSymlink) throw new PosixError("ELOOP");
    this.checkOpen(found.inode, call);
    return found;
  }

  private create(call: Op<"open">) {
    const from = this.files.directory(call.at);
    const follow = call.follow && !call.exclusive;
    const place = follow
      ? this.walker.finalPlace(from, call.path)
      : this.walker.place(from, call.path);
    const { directory, name, inode, mustBeDirectory } = place;
    if (inode) {
      if (call.exclusive) throw new PosixError("EEXIST");
      if (inode.isSymlink) throw new PosixError("ELOOP");
      this.checkOpen(inode, call);
      return { inode, directory };
    }
    if (mustBeDirectory || call.directory) throw new PosixError("EISDIR");
    checkAccess(directory, this.who, WRITE | EXECUTE);
    this.changes.note(directory);
    return { inode: this.fs.create(directory, name, newInode(this.who, FILE_MODE)), directory };
  }

  private checkOpen(inode: Inode, { flags, directory, truncate }: Op<"open">): void {
    if (directory && !inode.isDirectory) throw new PosixError("ENOTDIR");
    const writes = flags.write || flags.append || truncate;
    if (inode.isDirectory && (writes || truncate)) throw new PosixError("EISDIR");
    if (!inode.isDirectory && !inode.isFile) throw new PosixError("ENXIO");
    checkAccess(inode, this.who, (flags.read ? READ : 0) | (writes ? WRITE : 0));
  }

  read(
    { file, offset, length }: Op<"read">,
    room: ((length: number) => Uint8Array) | undefined,
  ): Eventually<Result> {
    const open = this.files.get(file);
    const wanted = Math.min(whole(length), WASI_DATA_BYTES);
    if ("device" in open) {
      const data = readDevice(open.device, wanted);
      return { answer: { length: data.length }, data };
    }
    if ("descriptor" in open) {
      const bytes = this.streams.read(open.descriptor, wanted);
      return bytes.then((data) => ({ answer: { length: data.length }, data }));
    }
    const { inode } = open;
    if (inode.isDirectory) throw new PosixError("EISDIR");
    if (!open.flags.read) throw new PosixError("EBADF");
    const most = Math.max(0, Math.min(wanted, inode.size - whole(offset)));
    const target = (this.fs.isAtHand(inode) && room?.(most)) || new Uint8Array(most);
    const count = this.fs.read(inode, offset, target);
    return after(count, (read) => ({
      answer: { length: read, inode: inode.number },
      data: target.subarray(0, read),
    }));
  }

  write({ file, offset }: Op<"write">, data: Uint8Array): Eventually<Result> {
    const open = this.files.get(file);
    if ("device" in open) {
      writeDevice(open.device);
      return { answer: { count: data.length } };
    }
    if ("descriptor" in open) {
      return after(this.streams.write(open.descriptor, data), (count) => ({ answer: { count } }));
    }
    if (!open.flags.write) throw new PosixError("EBADF");
    const at = offset === "end" ? offset : whole(offset);
    if (open.directory) this.changes.note(open.directory);
    return after(this.fs.write(open.inode, at, data), () => ({ answer: { count: data.length } }));
  }

  stat({ file }: Op<"stat">): Result {
    return { answer: { status: statusOfOpen(this.files.get(file)) } };
  }

  setSize({ file, size }: Op<"setSize">): Eventually<Result> {
    const open = this.files.get(file);
    if (!("inode" in open) || !open.flags.write) throw new PosixError("EINVAL");
    if (open.directory) this.changes.note(open.directory);
    return after(this.fs.truncate(open.inode, whole(size)), done);
  }

  list({ file, cookie, count }: Op<"list">): Result {
    const folder = this.files.inode(file);
    const { directory, parent = folder } = folder;
    if (!directory) throw new PosixError("ENOTDIR");
    const most = Math.min(whole(count), MAX_LISTED_ENTRIES);
    const dots = [dotEntry(".", folder, DOT_COOKIE), dotEntry("..", parent, DOT_DOT_COOKIE)];
    const entries = dots.filter((dot) => dot.cookie > whole(cookie)).slice(0, most);
    if (entries.length < most) {
      directory.visitAfter(whole(cookie), ({ name, inode, cookie: next }) => {
        entries.push({
          name: toText(name),
          inode: inode.number,
          kind: kindOf(inode),
          cookie: next,
        });
        return entries.length < most;
      });
    }
    return { answer: { entries } };
  }

  sync({ file }: Op<"sync">): Eventually<Result> {
    const open = this.files.get(file);
    return "inode" in open ? this.fs.sync().then(done) : done();
  }

  async poll({ files, timeout }: Op<"poll">): Promise<Result> {
    const open = files.map(({ file, write }) => ({ file: this.files.get(file), write }));
    const interests = open.flatMap(({ file, write }) =>
      "descriptor" in file ? [{ descriptor: file.descriptor, write }] : [],
    );
    if (open.length === 0) await sleep(timeout);
    // Files and devices are always ready, so with one among them nothing is waited for.
    const wait = interests.length < open.length ? 0 : timeout;
    const streams = interests.length > 0 ? await this.streams.poll(interests, wait) : [];
    const ready = open.map(({ file }) => !("descriptor" in file) || streams.shift() === true);
    return { answer: { ready } };
  }
}

function dotEntry(name: string, { number }: Inode, cookie: number): DirectoryEntry {
  return { name, inode: number, kind: "directory", cookie };
}

/** @param milliseconds null for ever */
function sleep(milliseconds: number | null): Promise<void> {
  return new Promise((resolve) => {
    if (milliseconds !== null) setTimeout(resolve, milliseconds);
  });
}
