/**
 * The entries of one directory. Each has a cookie that grows with every insertion and never changes, so
 * a reader that stopped after cookie c goes on with the first entry above c, whatever was inserted or
 * deleted meanwhile: it sees every entry that existed all the time exactly once.
 */
import type { Inode } from "./inode.ts";
import type { ByteString } from "./names.ts";

/** Cookies of "." and "..", which are not stored. */
export const DOT_COOKIE = 1;
export const DOT_DOT_COOKIE = 2;
const FIRST_COOKIE = 3;

/** A name in a directory. */
export interface Entry {
  readonly name: ByteString;
  readonly cookie: number;
  inode: Inode;
}

/** Holes are removed from the order when there are this many, and more holes than entries. */
const MANY_HOLES = 32;

export class Directory {
  private readonly byName = new Map<ByteString, Entry>();
  /** By cookie. A deleted entry stays, as a hole, until there are more holes than entries. */
  private order: Entry[] = [];
  private holes = 0;
  /** The cookie of the next new entry. */
  nextCookie = FIRST_COOKIE;

  /** Entries, without "." and "..". */
  get size(): number {
    return this.byName.size;
  }

  get(name: ByteString): Entry | undefined {
    return this.byName.get(name);
  }

  /** Adds a name that is not there yet. */
  add(name: ByteString, inode: Inode): Entry {
    return this.insert({ name, inode, cookie: this.nextCookie });
  }

  /** Adds an entry with a cookie of its own, at or above {@link nextCookie}: when a tree is restored. */
  insert(entry: Entry): Entry {
    this.byName.set(entry.name, entry);
    this.order.push(entry);
    this.nextCookie = entry.cookie + 1;
    return entry;
  }

  /** Removes a name; one that is not there is left so. */
  delete(name: ByteString): void {
    if (!this.byName.delete(name)) return;
    this.holes += 1;
    if (this.holes >= MANY_HOLES && this.holes > this.byName.size) {
      this.order = this.order.filter((entry) => this.isPresent(entry));
      this.holes = 0;
    }
  }

  /** Every entry, in the order of cookies. */
  entries(): IterableIterator<Entry> {
    return this.byName.values();
  }

  /**
   * Visits the entries with cookies above `cookie`, in order, until `visit` returns false.
   * The directory must not change meanwhile.
   */
  visitAfter(cookie: number, visit: (entry: Entry) => boolean): void {
    for (let i = this.indexAfter(cookie); i < this.order.length; i++) {
      const entry = this.order[i] as Entry;
      if (this.isPresent(entry) && !visit(entry)) return;
    }
  }

  /** Index in `order` of the first cookie above `cookie`. */
  private indexAfter(cookie: number): number {
    let low = 0;
    let high = this.order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.order[middle] as Entry).cookie > cookie) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  private isPresent(entry: Entry): boolean {
    return this.byName.get(entry.name) === entry;
  }
}
