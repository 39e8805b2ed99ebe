/**
 * Carries what a visitor has changed in one tree over to another: what three-way merges do, by names.
 *
 * Inodes of the two trees have nothing to do with each other: numbers count the names of a base. So a
 * change is known by its path, and is one of these: a name that is new or leads to something else, a name
 * that is gone, a content or attributes that differ. What the visitor has changed wins; everything else
 * is as the new base has it.
 */
import type { ErrorCode } from "../../shared/errors.ts";
import { REBASE_PIECE_BYTES } from "../../shared/limits.ts";
import { explainFailure } from "../filesystem/base-failure.ts";
import type { FileSystem } from "../filesystem/filesystem.ts";
import type { Inode } from "../filesystem/inode.ts";
import { type ByteString, toText } from "../filesystem/names.ts";

/** The trees. */
export interface Trees {
  /** The base that the changes were made to. */
  before: FileSystem;
  /** The same with the changes. */
  after: FileSystem;
  /** The new base, in which nothing has changed yet. */
  onto: FileSystem;
}

/** A directory of the new tree, which may not be there. */
interface Place {
  find(): Inode | undefined;
  /** Makes it if need be. */
  get(): Inode;
}

/** Why a content of the old base cannot be had any more: the site has another build of the image. */
const GONE: ReadonlySet<ErrorCode> = new Set(["not-found", "corrupt"]);

/**
 * Changes {@link Trees.onto}.
 *
 * @returns paths of files that could not be carried over: they were moved, and their content, which is
 *   the old base's, can no longer be fetched
 * @throws PosixError ENOSPC; TabnixError of the store
 */
export async function carryOver(trees: Trees): Promise<string[]> {
  const work = new CarryOver(trees);
  await work.run();
  return work.missing;
}

class CarryOver {
  readonly missing: string[] = [];
  private readonly before: FileSystem;
  private readonly after: FileSystem;
  private readonly onto: FileSystem;
  private readonly changed: ReadonlySet<number>;
  /** What inodes of `after` are in `onto`, for those that may have several names. */
  private readonly made = new Map<number, Inode>();
  /** Files whose content was copied: each stretch may be written once. */
  private readonly filled = new Set<number>();

  constructor({ before, after, onto }: Trees) {
    this.before = before;
    this.after = after;
    this.onto = onto;
    this.changed = new Set([...after.changedInodes()].map(({ number }) => number));
  }

  async run(): Promise<void> {
    const { before, after, onto } = this;
    this.pair(before.root, after.root, onto.root);
    const root = () => onto.root;
    await this.mergeEntries(after.root, before.root, { find: root, get: root }, "");
    this.mergeAttributes(after.root, before.root, onto.root);
  }

  /** Files that are still where they were: another name of one becomes a link to the new base's file. */
  private pair(before: Inode, after: Inode, onto: Inode): void {
    for (const { name, inode } of after.directory?.entries() ?? []) {
      const old = before.directory?.get(name)?.inode;
      const target = onto.directory?.get(name)?.inode;
      if (old?.number !== inode.number || target?.type !== inode.type) continue;
      if (inode.isDirectory) this.pair(old, inode, target);
      else if (!this.made.has(inode.number)) this.made.set(inode.number, target);
    }
  }

  /** @param before undefined for a directory that is new */
  private async mergeEntries(
    after: Inode,
    before: Inode | undefined,
    place: Place,
    path: string,
  ): Promise<void> {
    const old = namesOf(before);
    const now = namesOf(after);
    for (const [name, inode] of now) {
      const was = old.get(name);
      const to = `${path}/${toText(name)}`;
      if (was?.number === inode.number) await this.mergeInode(inode, was, name, place, to);
      else await this.put(inode, name, place.get(), to);
    }
    for (const name of old.keys()) {
      const directory = now.has(name) ? undefined : place.find();
      if (directory) this.remove(directory, name);
    }
  }

  /** A name that leads where it led: to something that may have changed. */
  private async mergeInode(
    after: Inode,
    before: Inode,
    name: ByteString,
    place: Place,
    path: string,
  ): Promise<void> {
    if (after.isDirectory) {
      const inside = {
        find: () => directoryIn(place.find(), name),
        get: () => this.directoryAt(place.get(), name, after),
      };
      await this.mergeEntries(after, before, inside, path);
      const present = inside.find();
      if (present) this.mergeAttributes(after, before, present);
    } else if (hasOtherContent(after, before)) {
      await this.put(after, name, place.get(), path);
    } else {
      const present = find(place.find(), name);
      if (present?.type === after.type) this.mergeAttributes(after, before, present);
    }
  }

  /** Puts something into a directory, in place of what has the name. */
  private async put(after: Inode, name: ByteString, into: Inode, path: string): Promise<void> {
    const { onto, made } = this;
    if (after.isDirectory) {
      const directory = this.directoryAt(into, name, after);
      const here = () => directory;
      await this.mergeEntries(after, undefined, { find: here, get: here }, path);
      this.copyAttributes(after, directory);
      return;
    }
    const present = find(into, name);
    const known = made.get(after.number);
    const isKnown = known !== undefined && !known.isOrphan;
    if (!isKnown && after.base && !(await this.isThere(after))) {
      this.missing.push(path);
      return;
    }
    let inode = isKnown ? known : undefined;
    if (!inode || inode !== present) {
      this.remove(into, name);
      if (inode) onto.link(into, name, inode);
      else inode = this.make(after, name, into);
    }
    made.set(after.number, inode);
    // A file that is still the base's is what the new base has.
    if (isKnown && after.base) return;
    await this.fill(after, inode);
  }

  /** Whether a content of the old base can still be had. @throws TabnixError `unreachable` */
  private async isThere(after: Inode): Promise<boolean> {
    try {
      await this.after.read(after, 0, new Uint8Array(Math.min(1, after.size)));
      return true;
    } catch (error) {
      const failure = explainFailure(this.after, error);
      if (GONE.has(failure.code)) return false;
      throw failure;
    }
  }

  private make(after: Inode, name: ByteString, into: Inode): Inode {
    const { onto } = this;
    if (after.isFile) return onto.create(into, name, after);
    if (after.target !== undefined) return onto.symlink(into, name, after.target, after);
    return onto.mknod(into, name, after, after.rdev);
  }

  /** Gives a file its content, and everything its attributes. */
  private async fill(after: Inode, inode: Inode): Promise<void> {
    if (after.isFile && !this.filled.has(after.number)) {
      this.filled.add(after.number);
      await this.onto.truncate(inode, 0);
      for (const { offset, length } of this.stretches(after)) {
        for (let at = offset; at < offset + length; at += REBASE_PIECE_BYTES) {
          const bytes = new Uint8Array(Math.min(REBASE_PIECE_BYTES, offset + length - at));
          await this.after.read(after, at, bytes);
          await this.onto.write(inode, at, bytes);
        }
      }
      await this.onto.truncate(inode, after.size);
    }
    this.copyAttributes(after, inode);
  }

  /** What is stored of a file's content; the rest are zeros. */
  private *stretches(after: Inode): Iterable<{ offset: number; length: number }> {
    const { size, number, base } = after;
    const stored = base ? [{ offset: 0, length: size }] : this.after.overlay.extents(number);
    for (const { offset, length } of stored) {
      if (offset < size) yield { offset, length: Math.min(length, size - offset) };
    }
  }

  /** The directory of that name, in place of anything else. */
  private directoryAt(into: Inode, name: ByteString, after: Inode): Inode {
    const present = directoryIn(into, name);
    if (present) return present;
    this.remove(into, name);
    return this.onto.mkdir(into, name, after);
  }

  private remove(from: Inode, name: ByteString): void {
    const inode = find(from, name);
    if (!inode) return;
    for (const { name: child } of [...(inode.directory?.entries() ?? [])])
      this.remove(inode, child);
    if (inode.isDirectory) this.onto.rmdir(from, name);
    else this.onto.unlink(from, name);
  }

  /** Attributes that the visitor has changed. Times go with them: they are those of the change. */
  private mergeAttributes(after: Inode, before: Inode, inode: Inode): void {
    if (!this.changed.has(after.number)) return;
    const { mode, uid, gid } = after;
    const isSame = mode === before.mode && uid === before.uid && gid === before.gid;
    if (!isSame) this.onto.setAttributes(inode, { mode, uid, gid });
    if (after.xattrs) inode.xattrs = new Map(after.xattrs);
    this.copyTimes(after, inode);
  }

  private copyAttributes(after: Inode, inode: Inode): void {
    const { mode, uid, gid, xattrs } = after;
    this.onto.setAttributes(inode, { mode, uid, gid });
    inode.xattrs = xattrs && new Map(xattrs);
    this.copyTimes(after, inode);
  }

  private copyTimes({ atime, mtime, ctime }: Inode, inode: Inode): void {
    this.onto.setAttributes(inode, { atime, mtime });
    inode.ctime = ctime;
  }
}

/** Whether a file no longer has the content of the old base, in which an empty file has none. */
function hasOtherContent(after: Inode, before: Inode): boolean {
  return after.isFile && !after.base && (before.base !== undefined || after.size > 0);
}

function find(directory: Inode | undefined, name: ByteString): Inode | undefined {
  return directory?.directory?.get(name)?.inode;
}

function directoryIn(directory: Inode | undefined, name: ByteString): Inode | undefined {
  const inode = find(directory, name);
  return inode?.isDirectory ? inode : undefined;
}

function namesOf(directory: Inode | undefined): ReadonlyMap<ByteString, Inode> {
  const entries = [...(directory?.directory?.entries() ?? [])];
  return new Map(entries.map(({ name, inode }) => [name, inode]));
}
