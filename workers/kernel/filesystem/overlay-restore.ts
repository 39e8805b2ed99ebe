/** Reads what overlay-image.ts writes, into a filesystem made from the same base. */
import { TabnixError } from "../../shared/errors.ts";
import { MAX_INODES } from "../../shared/limits.ts";
import type { FileSystem } from "./filesystem.ts";
import { ROOT_NUMBER, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from "./inode.ts";
import { InodeReader } from "./inode-codec.ts";
import { OVERLAY_MAGIC, OVERLAY_VERSION } from "./overlay-image.ts";
import { restoreTree, type SavedNode, type SavedTree } from "./tree-restore.ts";

interface Node extends SavedNode {
  /** Of a file. */
  extents: { offset: number; bytes: Uint8Array }[];
}

interface Document extends SavedTree {
  nodes: Node[];
}

/**
 * Makes a new filesystem what the saved one was; see {@link restoreTree}.
 *
 * @throws TabnixError `malformed` or `wrong-version`; the filesystem is then of no use.
 *   PosixError ENOSPC when the contents do not fit into the overlay
 */
export function restoreOverlay(fs: FileSystem, bytes: Uint8Array): void {
  const reader = new OverlayReader(bytes);
  const document = reader.document(fs.baseInodes);
  restoreTree(fs, document, (reason) => reader.fail(reason));
  for (const { fields, extents } of document.nodes) {
    for (const { offset, bytes: content } of extents) {
      fs.overlay.write(fields.number, offset, content);
    }
  }
}

/** What a saved overlay tells of inodes, without a look at the tree. @throws as {@link restoreOverlay} */
export function readOverlay(bytes: Uint8Array, baseInodes: number): SavedTree {
  return new OverlayReader(bytes).document(baseInodes);
}

class OverlayReader extends InodeReader {
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
    const inode = this.inode(nextNumber - 1);
    const type = inode.fields.mode & S_IFMT;
    return {
      ...inode,
      keepsBase: type === S_IFREG && this.u8() === 1,
      extents: type === S_IFREG ? this.list(() => this.extent(inode.fields.size)) : [],
      parent: type === S_IFDIR ? this.varint() : 0,
      nextCookie: type === S_IFDIR ? this.varint() : 0,
      entries: type === S_IFDIR ? this.list(() => this.entry()) : [],
      target: type === S_IFLNK ? this.string() : undefined,
    };
  }

  private extent(size: number): { offset: number; bytes: Uint8Array } {
    const offset = this.varint();
    const bytes = this.take(this.varint());
    if (offset + bytes.length > size) this.fail("content reaches beyond the end of its file");
    return { offset, bytes };
  }
}
