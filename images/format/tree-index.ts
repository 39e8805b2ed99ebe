/**
 * The tree index: every inode of an image in one compact document. Equal trees give equal bytes, so the
 * index's SHA-256 names the tree.
 *
 * Layout, little-endian, numbers as LEB128 unless said otherwise, strings as length and bytes:
 *
 *     magic "TABNIXTI", version (4 bytes), inodes
 *     then for each inode, in the order of their numbers 1, 2, 3…:
 *       mode, uid, gid, mtime seconds (zigzag), mtime nanoseconds
 *       attributes, and for each: name, value
 *       file:       size, and unless it is 0: SHA-256 (32 bytes), compressed size
 *       directory:  entries, and for each: name, inode number
 *       link:       target
 *       device:     rdev
 *
 * Number 1 is the root. Numbers follow a walk of the tree, parents before children, names in the order of
 * their bytes; a hard link is a second entry with a number that was given before. So a directory's
 * number is above its parent's, which also rules out cycles.
 */
import { ByteReader, ByteWriter, copyOf, hexOf } from "../../workers/shared/bytes.ts";
import { TabnixError } from "../../workers/shared/errors.ts";
import { MAX_FILE_SIZE, MAX_INODES, MAX_NAME_BYTES } from "../../workers/shared/limits.ts";
import type { ArtefactReference } from "./manifest.ts";

export const TREE_INDEX_VERSION = 1;

const MAGIC = "TABNIXTI";
const SHA256_BYTES = 32;
const MAX_MODE = 0o177777;
const MAX_U32 = 2 ** 32 - 1;
const NANOSECONDS = 1e9;

const S_IFMT = 0o170000;
const FILE = 0o100000;
const DIRECTORY = 0o040000;
const SYMLINK = 0o120000;
const DEVICES = [0o020000, 0o060000];
const PLAIN = [0o010000, 0o140000];

/** A name in a directory; names and targets are byte strings, one character a byte. */
export interface IndexEntry {
  name: string;
  /** Number of the inode: its position in {@link TreeIndex.inodes} plus one. */
  number: number;
}

export interface IndexInode {
  /** File type and permissions, as Linux has them. */
  mode: number;
  uid: number;
  gid: number;
  mtime: { seconds: number; nanoseconds: number };
  /** Of a regular file that is not empty. */
  content?: ArtefactReference;
  /** Of a directory. */
  entries?: IndexEntry[];
  /** Of a symbolic link. */
  target?: string;
  /** Of a device node. */
  rdev?: number;
  /** Extended attributes, in the order of their names. */
  xattrs?: { name: string; value: Uint8Array }[];
}

/** A whole tree. The inode with number n is `inodes[n - 1]`; the first is the root directory. */
export interface TreeIndex {
  inodes: IndexInode[];
}

/**
 * The bytes of a tree. Numbers and the order of entries in `tree` do not matter: they are made anew.
 *
 * @throws TabnixError `invalid-input` when the root is missing or an entry leads nowhere
 */
export function encodeTreeIndex(tree: TreeIndex): Uint8Array<ArrayBuffer> {
  const { order, renumbered } = numberByWalk(tree);
  const writer = new ByteWriter(order.length * 64);
  writer.characters(MAGIC);
  writer.u32(TREE_INDEX_VERSION);
  writer.varint(order.length);
  for (const inode of order) writeInode(writer, inode, renumbered);
  return writer.toBytes();
}

/**
 * Reads an index, checking everything: the result is a tree.
 *
 * @throws TabnixError `malformed` or `wrong-version`
 */
export function decodeTreeIndex(bytes: Uint8Array): TreeIndex {
  const reader = new IndexReader(bytes);
  reader.header();
  const count = reader.count();
  if (count === 0 || count > MAX_INODES) reader.fail("it has an impossible number of inodes");
  const inodes: IndexInode[] = [];
  for (let number = 1; number <= count; number++) inodes.push(reader.inode(number, count));
  checkShape(inodes, reader);
  if (reader.remaining > 0) reader.fail("bytes follow its end");
  return { inodes };
}

/** Checks that every inode but the root has a name, and that directories form a tree. */
function checkShape(inodes: IndexInode[], reader: IndexReader): void {
  if (inodes[0]?.entries === undefined) reader.fail("the root is not a directory");
  const named = new Uint8Array(inodes.length + 1);
  inodes.forEach((inode, index) => {
    for (const { number } of inode.entries ?? []) {
      const isDirectory = inodes[number - 1]?.entries !== undefined;
      if (isDirectory && (named[number] === 1 || number <= index + 1)) {
        reader.fail(`directory ${number} is in several places`);
      }
      named[number] = 1;
    }
  });
  const unnamed = named.indexOf(0, 2);
  if (unnamed !== -1) reader.fail(`no name leads to inode ${unnamed}`);
}

function numberByWalk(tree: TreeIndex): { order: IndexInode[]; renumbered: number[] } {
  const order: IndexInode[] = [];
  /** New numbers by old ones. */
  const renumbered: number[] = [];
  const waiting = [1];
  while (waiting.length > 0) {
    const number = waiting.pop() as number;
    if (renumbered[number] !== undefined) continue;
    const inode = tree.inodes[number - 1];
    if (!inode) {
      throw new TabnixError("invalid-input", `The tree has no inode ${number}, but a name for it.`);
    }
    renumbered[number] = order.push(inode);
    const children = sortedEntries(inode).map((entry) => entry.number);
    waiting.push(...children.reverse());
  }
  return { order, renumbered };
}

function sortedEntries(inode: IndexInode): IndexEntry[] {
  return [...(inode.entries ?? [])].sort((a, b) => compareBytes(a.name, b.name));
}

function compareBytes(first: string, second: string): number {
  return first < second ? -1 : Number(first > second);
}

function writeInode(writer: ByteWriter, inode: IndexInode, renumbered: number[]): void {
  writer.varint(inode.mode);
  writer.varint(inode.uid);
  writer.varint(inode.gid);
  writer.signedVarint(inode.mtime.seconds);
  writer.varint(inode.mtime.nanoseconds);
  const xattrs = [...(inode.xattrs ?? [])].sort((a, b) => compareBytes(a.name, b.name));
  writer.varint(xattrs.length);
  for (const { name, value } of xattrs) {
    writer.string(name);
    writer.varint(value.length);
    writer.append(value);
  }
  const type = inode.mode & S_IFMT;
  if (type === FILE) writeContent(writer, inode.content);
  else if (type === SYMLINK) writer.string(inode.target ?? "");
  else if (DEVICES.includes(type)) writer.varint(inode.rdev ?? 0);
  else if (type === DIRECTORY) {
    const entries = sortedEntries(inode);
    writer.varint(entries.length);
    for (const { name, number } of entries) {
      writer.string(name);
      writer.varint(renumbered[number] as number);
    }
  }
}

function writeContent(writer: ByteWriter, content: ArtefactReference | undefined): void {
  writer.varint(content?.size ?? 0);
  if (!content || content.size === 0) return;
  for (let at = 0; at < SHA256_BYTES * 2; at += 2) {
    writer.u8(Number.parseInt(content.sha256.slice(at, at + 2), 16));
  }
  writer.varint(content.compressedSize);
}

class IndexReader extends ByteReader {
  /** Also called by {@link decodeTreeIndex}. */
  override fail(reason: string): never {
    throw new TabnixError(
      "malformed",
      `The tree index is broken: ${reason}.`,
      "Build the image again with `npm run images`.",
    );
  }

  header(): void {
    for (const character of MAGIC) {
      if (this.u8() !== character.charCodeAt(0)) this.fail("it is something else");
    }
    const version = this.u32();
    if (version !== TREE_INDEX_VERSION) {
      throw new TabnixError(
        "wrong-version",
        `The tree index has version ${version}; this Tabnix reads version ${TREE_INDEX_VERSION}.`,
        "Build the image with the same version of Tabnix.",
      );
    }
  }

  inode(number: number, count: number): IndexInode {
    const mode = this.atMost(MAX_MODE);
    const inode: IndexInode = {
      mode,
      uid: this.atMost(MAX_U32),
      gid: this.atMost(MAX_U32),
      mtime: { seconds: this.signedVarint(), nanoseconds: this.atMost(NANOSECONDS - 1) },
    };
    const xattrs = this.count();
    if (xattrs > 0) inode.xattrs = Array.from({ length: xattrs }, () => this.attribute());
    const type = mode & S_IFMT;
    if (type === FILE) {
      const content = this.content();
      if (content) inode.content = content;
    } else if (type === SYMLINK) inode.target = this.string();
    else if (DEVICES.includes(type)) inode.rdev = this.atMost(MAX_U32);
    else if (type === DIRECTORY) inode.entries = this.entries(number, count);
    else if (!PLAIN.includes(type)) this.fail(`inode ${number} has no type`);
    return inode;
  }

  private atMost(limit: number): number {
    const value = this.varint();
    if (value > limit) this.fail("a number is too large");
    return value;
  }

  private attribute(): { name: string; value: Uint8Array } {
    return { name: this.string(), value: copyOf(this.take(this.varint())) };
  }

  private content(): ArtefactReference | undefined {
    const size = this.atMost(MAX_FILE_SIZE);
    if (size === 0) return undefined;
    const sha256 = hexOf(this.take(SHA256_BYTES));
    return { sha256, size, compressedSize: this.varint() };
  }

  private entries(parent: number, count: number): IndexEntry[] {
    const entries: IndexEntry[] = [];
    let previous = "";
    for (let left = this.count(); left > 0; left--) {
      const name = this.string();
      if (name.length > MAX_NAME_BYTES || name === "." || name === ".." || /[/\0]/.test(name)) {
        this.fail(`directory ${parent} has an impossible name`);
      }
      if (name <= previous) this.fail(`the names in directory ${parent} are out of order`);
      const number = this.atMost(count);
      if (number < 2) this.fail(`an entry of directory ${parent} leads nowhere`);
      entries.push({ name, number });
      previous = name;
    }
    return entries;
  }
}
