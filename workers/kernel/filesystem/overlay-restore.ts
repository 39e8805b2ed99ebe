/** Reads what overlay-image.ts writes, into a filesystem made from the same base. */
import { ByteReader } from "../../shared/bytes.ts";
import { TabnixError } from "../../shared/errors.ts";
import { MAX_FILE_SIZE, MAX_INODES } from "../../shared/limits.ts";
import { Directory } from "./directory.ts";
import type { FileSystem } from "./filesystem.ts";
import {
  Inode,
  type InodeFields,
  ROOT_NUMBER,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
} from "./inode.ts";
import { type ByteString, checkNewName } from "./names.ts";
import { OVERLAY_MAGIC, OVERLAY_VERSION } from "./overlay-image.ts";
import { PosixError } from "./posix-error.ts";
import type { Timestamp } from "./time.ts";

/** One changed inode, as the document has it. */
interface Node {
  fields: InodeFields;
  version: number;
  xattrs: Map<ByteString, Uint8Array> | undefined;
  /** Of a file. */
  keepsBase: boolean;
  extents: { offset: number; bytes: Uint8Array }[];
  /** Of a directory. */
  parent: number;
  nextCookie: number;
  entries: { name: ByteString; number: number; cookie: number }[];
  /** Of a symbolic link. */
  target: ByteString | undefined;
}

interface Document {
  nextNumber: number;
  removed: number[];
  nodes: Node[];
}

/**
 * Makes a new filesystem what the saved one was. Orphans come back without users: whoever used them takes
 * them up again, and {@link FileSystem.dropUnusedOrphans} forgets the rest.
 *
 * @throws TabnixError `malformed` or `wrong-version`; the filesystem is then of no use.
 *   PosixError ENOSPC when the contents do not fit into the overlay
 */
export function restoreOverlay(fs: FileSystem, bytes: Uint8Array): void {
  const reader = new OverlayReader(bytes);
  const document = reader.document(fs.baseInodes);
  const known = new Map(
    document.nodes.map((node) => [node.fields.number, inodeOf(fs, node, reader)]),
  );
  const removed = new Set(document.removed);
  const find = (number: number): Inode => {
    const inode = known.get(number) ?? (removed.has(number) ? undefined : fs.inode(number));
    return inode ?? reader.fail(`there is no inode ${number}`);
  };
  for (const node of document.nodes) fill(find(node.fields.number), node, find, reader);
  fs.adopt(known.values(), document.removed, document.nextNumber);
  checkTree([...known.values()], reader);
  for (const { fields, extents } of document.nodes) {
    for (const { offset, bytes: content } of extents) {
      fs.overlay.write(fields.number, offset, content);
    }
  }
}

/** The inode of that number: the base's own, which unchanged directories lead to, or a new one. */
function inodeOf(fs: FileSystem, { fields, keepsBase }: Node, reader: OverlayReader): Inode {
  const present = fs.inode(fields.number);
  if (!present) {
    if (keepsBase) reader.fail(`inode ${fields.number} has no base`);
    return new Inode(fields);
  }
  if (present.type !== (fields.mode & S_IFMT)) reader.fail("an inode changed its type");
  if (keepsBase && present.base?.size !== (fields.size || undefined)) {
    reader.fail(`inode ${fields.number} has another base`);
  }
  const { number: _, ...mutable } = fields;
  return Object.assign(present, mutable);
}

function fill(
  inode: Inode,
  node: Node,
  find: (number: number) => Inode,
  reader: OverlayReader,
): void {
  inode.version = node.version;
  inode.xattrs = node.xattrs;
  inode.target = node.target;
  if (!node.keepsBase) inode.base = undefined;
  if (inode.type !== S_IFDIR) return;
  inode.parent = find(node.parent);
  const directory = new Directory();
  for (const { name, number, cookie } of node.entries) {
    if (directory.get(name)) reader.fail("a name comes twice");
    if (cookie < directory.nextCookie) reader.fail("cookies are out of order");
    directory.insert({ name, cookie, inode: find(number) });
  }
  if (node.nextCookie < directory.nextCookie) reader.fail("a cookie would come twice");
  directory.nextCookie = node.nextCookie;
  inode.directory = directory;
}

/** Checks that the ways up from the restored directories end at the root, or at an orphan. */
function checkTree(inodes: Inode[], reader: OverlayReader): void {
  const sound = new Set<Inode>();
  for (const inode of inodes) {
    for (const { inode: child } of inode.directory?.entries() ?? []) {
      if (child.isOrphan) reader.fail("a name leads to an orphan");
      if (child.isDirectory && child.parent !== inode) reader.fail("a directory has two parents");
    }
    if (!inode.isDirectory) continue;
    const way = new Set<Inode>();
    let above: Inode = inode;
    while (!sound.has(above) && above.number !== ROOT_NUMBER && !above.isOrphan) {
      if (way.has(above)) reader.fail("a directory is inside itself");
      way.add(above);
      if (!above.parent?.isDirectory) reader.fail("a parent is not a directory");
      above = above.parent;
    }
    for (const passed of way) sound.add(passed);
  }
}

class OverlayReader extends ByteReader {
  override fail(reason: string): never {
    throw new TabnixError(
      "malformed",
      `The saved overlay is broken: ${reason}.`,
      "Start without the snapshot, or build the image again.",
    );
  }

  document(baseInodes: number): Document {
    for (const character of OVERLAY_MAGIC) {
      if (this.u8() !== character.charCodeAt(0)) this.fail("it is something else");
    }
    const version = this.u32();
    const base = version === OVERLAY_VERSION ? this.varint() : baseInodes;
    if (version !== OVERLAY_VERSION || base !== baseInodes) {
      throw new TabnixError(
        "wrong-version",
        version === OVERLAY_VERSION
          ? `The saved overlay belongs to a tree of ${base} inodes; this one has ${baseInodes}.`
          : `The saved overlay has version ${version}; this Tabnix reads ${OVERLAY_VERSION}.`,
        "Start without the snapshot, or build the image again.",
      );
    }
    const nextNumber = this.varint();
    if (nextNumber <= baseInodes) this.fail("its next inode number is taken");
    const removed = this.list(() => this.number(baseInodes));
    if (removed.includes(ROOT_NUMBER)) this.fail("it has no root");
    const numbers = new Set(removed);
    const nodes = this.list(() => {
      const node = this.node(nextNumber);
      if (numbers.has(node.fields.number)) this.fail("an inode comes twice");
      numbers.add(node.fields.number);
      return node;
    });
    if (numbers.size > MAX_INODES) this.fail("it has too many inodes");
    if (this.remaining > 0) this.fail("bytes follow its end");
    return { nextNumber, removed, nodes };
  }

  private node(nextNumber: number): Node {
    const number = this.number(nextNumber - 1);
    const mode = this.varint();
    const uid = this.varint();
    const gid = this.varint();
    const nlink = this.varint();
    const size = this.number(MAX_FILE_SIZE, 0);
    const rdev = this.varint();
    const version = this.varint();
    const [atime, mtime, ctime] = [this.time(), this.time(), this.time()];
    const xattrs = this.list(() => [this.string(), this.blob()] as const);
    const type = mode & S_IFMT;
    const node: Node = {
      fields: { number, mode, uid, gid, nlink, size, rdev, atime, mtime, ctime },
      version,
      xattrs: xattrs.length > 0 ? new Map(xattrs) : undefined,
      keepsBase: type === S_IFREG && this.u8() === 1,
      extents: type === S_IFREG ? this.list(() => this.extent(size)) : [],
      parent: type === S_IFDIR ? this.varint() : 0,
      nextCookie: type === S_IFDIR ? this.varint() : 0,
      entries: type === S_IFDIR ? this.list(() => this.entry()) : [],
      target: type === S_IFLNK ? this.string() : undefined,
    };
    return node;
  }

  private list<T>(item: () => T): T[] {
    return Array.from({ length: this.count() }, item);
  }

  private number(limit: number, least = 1): number {
    const value = this.varint();
    if (value < least || value > limit) this.fail("a number is out of range");
    return value;
  }

  private time(): Timestamp {
    return { seconds: this.signedVarint(), nanoseconds: this.varint() };
  }

  private blob(): Uint8Array {
    return this.take(this.varint()).slice();
  }

  private extent(size: number): { offset: number; bytes: Uint8Array } {
    const offset = this.varint();
    const bytes = this.take(this.varint());
    if (offset + bytes.length > size) this.fail("content reaches beyond the end of its file");
    return { offset, bytes };
  }

  private entry(): { name: ByteString; number: number; cookie: number } {
    const name = this.string();
    try {
      checkNewName(name);
    } catch (error) {
      if (error instanceof PosixError) this.fail("a name is impossible");
      throw error;
    }
    return { name, number: this.varint(), cookie: this.varint() };
  }
}
