/**
 * What the page may do with the tree (contract.ts), as root. It goes past the guest's kernel, so each
 * answer tells whether the guest caches what was looked at or changed.
 */
import { toErrorMessage } from "../../shared/errors.ts";
import { FILE_PIECE_BYTES, MAX_LISTED_ENTRIES } from "../../shared/limits.ts";
import type { FileSystem } from "../filesystem/filesystem.ts";
import type { Inode } from "../filesystem/inode.ts";
import { toText } from "../filesystem/names.ts";
import { PosixError } from "../filesystem/posix-error.ts";
import type { Credentials } from "../process/access.ts";
import { CachedChanges, isLiveFolder } from "../process/live-tree.ts";
import { whole } from "../process/result.ts";
import { type Place, Walker } from "../process/walker.ts";
import type { FileAnswers, FileCall, FileCallOf, FileReply, FileRequest } from "./contract.ts";
import { changedMeanwhile, explain } from "./explain.ts";
import { removeTree } from "./removal.ts";
import { statusOf } from "./status.ts";
import { Uploads } from "./uploads.ts";

const SUPERUSER: Credentials = { uid: 0, gid: 0, groups: [], umask: 0 };
/** Of a directory that is new. */
const NEW_DIRECTORY = { mode: 0o755, uid: 0, gid: 0 };

export class FileService {
  private readonly fs: FileSystem;
  private readonly walker: Walker;
  private readonly uploads: Uploads;

  constructor(fs: FileSystem) {
    this.fs = fs;
    this.walker = new Walker(fs, SUPERUSER);
    this.uploads = new Uploads(fs);
  }

  /** Takes one request. Failures become replies with an error. */
  async handle({ id, call }: FileRequest): Promise<FileReply> {
    const about = "path" in call ? call.path : this.uploads.pathOf(call.upload);
    try {
      return { id, answer: await this.perform(call) };
    } catch (error) {
      return { id, error: toErrorMessage(explain(this.fs, about, error), "malformed") };
    }
  }

  private async perform(call: FileCall): Promise<FileAnswers[FileCall["op"]]> {
    switch (call.op) {
      case "list":
        return this.list(call);
      case "stat":
        return this.stat(call);
      case "read":
        return this.read(call);
      case "begin":
        return { upload: this.uploads.begin(call, this.finalPlace(call.path)) };
      case "write":
        await this.uploads.write(call);
        return {};
      case "finish":
        return this.finish(call);
      case "abandon":
        this.uploads.abandon(call.upload);
        return {};
      case "mkdir":
        return this.mkdir(call);
      case "rename":
        return this.rename(call);
      case "remove":
        return this.remove(call);
      default:
        throw new PosixError("ENOSYS");
    }
  }

  private list({ path, cookie }: FileCallOf<"list">): FileAnswers["list"] {
    const folder = this.find(path, true).inode;
    const { directory } = folder;
    if (!directory) throw new PosixError("ENOTDIR");
    const entries: FileAnswers["list"]["entries"] = [];
    let next: number | undefined;
    let last = whole(cookie);
    directory.visitAfter(last, (entry) => {
      if (entries.length === MAX_LISTED_ENTRIES) {
        next = last;
        return false;
      }
      const status = statusOf(entry.inode, this.endOf(folder, entry.inode));
      entries.push({ name: toText(entry.name), ...status });
      last = entry.cookie;
      return true;
    });
    return { entries, isCached: this.isCached(folder), ...(next === undefined ? {} : { next }) };
  }

  private stat({ path, follow }: FileCallOf<"stat">): FileAnswers["stat"] {
    const { inode, directory } = this.find(path, follow);
    const isCached = this.isCached(inode.isDirectory ? inode : directory);
    return { status: statusOf(inode, this.endOf(directory, inode)), isCached };
  }

  private async read(call: FileCallOf<"read">): Promise<FileAnswers["read"]> {
    const { inode } = this.find(call.path, true);
    if (inode.isDirectory) throw new PosixError("EISDIR");
    if (!inode.isFile) throw new PosixError("ENXIO");
    if (inode.number !== call.inode) throw changedMeanwhile(call.path);
    const offset = whole(call.offset);
    const length = Math.min(whole(call.length), FILE_PIECE_BYTES, inode.size - offset);
    const bytes = new Uint8Array(Math.max(0, length));
    const read = await this.fs.read(inode, offset, bytes);
    return { bytes: bytes.subarray(0, read) };
  }

  private finish(call: FileCallOf<"finish">): FileAnswers["finish"] {
    const { inode, directory } = this.uploads.finish(call);
    return { status: statusOf(inode, undefined), isCached: this.isCached(directory) };
  }

  private mkdir({ path }: FileCallOf<"mkdir">): FileAnswers["mkdir"] {
    const { directory, name } = this.place(path);
    this.fs.mkdir(directory, name, NEW_DIRECTORY);
    return { isCached: this.isCached(directory) };
  }

  private rename({ path, to, replaces }: FileCallOf<"rename">): FileAnswers["rename"] {
    const from = this.present(path);
    const target = this.place(to);
    if (target.inode && target.inode !== from.inode) {
      this.checkMovable(target.inode);
      if (replaces === "nothing") throw explain(this.fs, to, new PosixError("EEXIST"));
    }
    const isCached = this.isCached(from.directory) || this.isCached(target.directory);
    this.fs.rename(from.directory, from.name, target.directory, target.name);
    return { isCached };
  }

  private remove({ path }: FileCallOf<"remove">): FileAnswers["remove"] {
    const place = this.present(path);
    return { ...removeTree(this.fs, place), isCached: this.isCached(place.directory) };
  }

  /** A name that is there and may go from there. */
  private present(path: string): Place & { inode: Inode } {
    const place = this.place(path);
    const { inode } = place;
    if (!inode) throw new PosixError("ENOENT");
    this.checkMovable(inode);
    return { ...place, inode };
  }

  private checkMovable(inode: Inode): void {
    if (isLiveFolder(this.fs, inode)) throw new PosixError("EBUSY");
  }

  private find(path: string, follow: boolean) {
    return this.walker.find(this.fs.root, absolute(path), follow);
  }

  private place(path: string): Place {
    return this.walker.place(this.fs.root, absolute(path));
  }

  private finalPlace(path: string): Place {
    return this.walker.finalPlace(this.fs.root, absolute(path));
  }

  /** Where a symbolic link in a directory leads, if anywhere. */
  private endOf(directory: Inode, { target }: Inode): Inode | undefined {
    if (target === undefined) return undefined;
    try {
      return this.walker.resolve(directory, toText(target), true);
    } catch {
      return undefined;
    }
  }

  private isCached(directory: Inode): boolean {
    const changes = new CachedChanges(this.fs);
    changes.note(directory);
    return changes.any;
  }
}

/** @throws PosixError EINVAL */
function absolute(path: string): string {
  if (typeof path !== "string" || !path.startsWith("/")) throw new PosixError("EINVAL");
  return path;
}
