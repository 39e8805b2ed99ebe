/** An image's tree as v86's own 9P filesystem wants it: one JSON, and a file for each content. */

import type { Manifest } from "../../images/format/manifest.ts";
import { decodeTreeIndex, type IndexInode } from "../../images/format/tree-index.ts";
import type { ObjectStore } from "../../workers/shared/store.ts";

const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;
const S_IFLNK = 0o120000;

/** [name, size, mtime, mode, uid, gid, content or target or children] */
type Node = [string, number, number, number, number, number, (string | Node[])?];

export class PeerTree {
  private readonly inodes: IndexInode[];
  private readonly store: ObjectStore;

  private constructor(inodes: IndexInode[], store: ObjectStore) {
    this.inodes = inodes;
    this.store = store;
  }

  static async load(manifest: Manifest, store: ObjectStore): Promise<PeerTree> {
    return new PeerTree(decodeTreeIndex(await store.get(manifest.index)).inodes, store);
  }

  /** @param name "fs.json", or the SHA-256 of a content */
  async read(name: string): Promise<Uint8Array> {
    if (name === "fs.json") return new TextEncoder().encode(JSON.stringify(this.document()));
    const sha256 = name.replace("flat/", "");
    const inode = this.inodes.find(({ content }) => content?.sha256 === sha256);
    if (!inode?.content) throw new Error(`no content ${name}`);
    return this.store.get(inode.content);
  }

  private document() {
    const root = this.inodes[0]!;
    return {
      version: 3,
      fsroot: this.children(root),
      size: this.inodes.reduce((sum, { content }) => sum + (content?.size ?? 0), 0),
    };
  }

  private children({ entries = [] }: IndexInode): Node[] {
    return entries.map(({ name, number }) => this.node(name, this.inodes[number - 1]!));
  }

  private node(name: string, inode: IndexInode): Node {
    const { mode, uid, gid, mtime, content, target } = inode;
    const type = mode & S_IFMT;
    const size = type === S_IFLNK ? (target?.length ?? 0) : (content?.size ?? 0);
    const node: Node = [name, size, mtime.seconds, mode, uid, gid];
    if (type === S_IFDIR) node[6] = this.children(inode);
    else if (type === S_IFLNK) node[6] = target ?? "";
    else if (content) node[6] = content.sha256;
    return node;
  }
}
