/**
 * A disk's files in IndexedDB, for browsers without synchronous access handles. Each file is in memory
 * as a whole, in pieces; a flush writes the pieces that have changed in one transaction.
 */
import { type DBSchema, deleteDB, type IDBPDatabase, openDB } from "idb";
import { type DiskFile, type DiskFolder, DiskFullError } from "./disk-file.ts";

const DATABASE = "tabnix-disk-";
const DATABASE_VERSION = 1;
const PIECE_BYTES = 64 * 1024;
/** Beside the lengths of files: how often the disk was opened, which tells the last owner from others. */
const OWNER = "owner";

interface Schema extends DBSchema {
  /** Lengths of files by name, and {@link OWNER}. */
  sizes: { key: string; value: number };
  /** Bytes by file and piece. */
  pieces: { key: [string, number]; value: Uint8Array };
}

export class IndexedDbFolder implements DiskFolder {
  private readonly database: IDBPDatabase<Schema>;
  private readonly owner: number;

  private constructor(database: IDBPDatabase<Schema>, owner: number) {
    this.database = database;
    this.owner = owner;
  }

  /**
   * The database of a disk, made if it is not there. From now on whoever found it before can write no more:
   * a tab that has lost its lock may not know yet.
   *
   * @throws DOMException where the page may have none
   */
  static async find(disk: string): Promise<IndexedDbFolder> {
    const database = await openDB<Schema>(DATABASE + disk, DATABASE_VERSION, {
      upgrade: (made) => {
        made.createObjectStore("sizes");
        made.createObjectStore("pieces");
      },
      // It is removed by who has the right to it: what this would still write is of no use.
      blocking: (_current, _next, event) => (event.target as IDBDatabase).close(),
    });
    const transaction = database.transaction("sizes", "readwrite");
    const owner = ((await transaction.store.get(OWNER)) ?? 0) + 1;
    await Promise.all([transaction.store.put(owner, OWNER), transaction.done]);
    return new IndexedDbFolder(database, owner);
  }

  /** Removes a disk, if it is there. @throws DOMException where the page may have none */
  static async remove(disk: string): Promise<void> {
    await deleteDB(DATABASE + disk);
  }

  async open(name: string): Promise<DiskFile> {
    const { database, owner } = this;
    const size = (await database.get("sizes", name)) ?? 0;
    const range = IDBKeyRange.bound([name, 0], [name, Number.POSITIVE_INFINITY]);
    const [keys, values] = await Promise.all([
      database.getAllKeys("pieces", range),
      database.getAll("pieces", range),
    ]);
    const pieces = new Map(keys.map(([, piece], at) => [piece, values[at] as Uint8Array]));
    return new IndexedDbFile({ database, owner, name, size, pieces });
  }
}

interface IndexedDbFileOptions {
  database: IDBPDatabase<Schema>;
  owner: number;
  name: string;
  size: number;
  pieces: Map<number, Uint8Array>;
}

class IndexedDbFile implements DiskFile {
  size: number;
  private readonly options: IndexedDbFileOptions;
  private readonly pieces: Map<number, Uint8Array>;
  private changed = new Set<number>();
  private isClosed = false;

  constructor(options: IndexedDbFileOptions) {
    this.options = options;
    this.size = options.size;
    this.pieces = options.pieces;
  }

  read(offset: number, target: Uint8Array): number {
    const length = Math.max(0, Math.min(target.length, this.size - offset));
    this.visit(offset, length, (key, within, at, count) => {
      const part = target.subarray(at, at + count);
      const piece = this.pieces.get(key);
      if (piece) part.set(piece.subarray(within, within + count));
      else part.fill(0);
    });
    return length;
  }

  write(offset: number, source: Uint8Array): void {
    this.visit(offset, source.length, (key, within, at, count) => {
      const piece = this.pieces.get(key) ?? new Uint8Array(PIECE_BYTES);
      piece.set(source.subarray(at, at + count), within);
      this.pieces.set(key, piece);
      this.changed.add(key);
    });
    this.size = Math.max(this.size, offset + source.length);
  }

  truncate(size: number): void {
    const kept = Math.ceil(size / PIECE_BYTES);
    for (const key of this.pieces.keys()) {
      if (key < kept) continue;
      this.pieces.delete(key);
      this.changed.add(key);
    }
    const within = size % PIECE_BYTES;
    const last = within > 0 ? this.pieces.get(kept - 1) : undefined;
    if (last) {
      last.fill(0, within);
      this.changed.add(kept - 1);
    }
    this.size = size;
  }

  /**
   * All of it or nothing: what comes to be written meanwhile is for the next.
   *
   * @throws Error by the promise, when the file is closed or somebody else has opened the disk
   */
  async flush(): Promise<void> {
    const { changed, pieces } = this;
    const { database, name, owner } = this.options;
    // Its pieces are gone: what was written since would replace others by zeros.
    if (this.isClosed) throw new Error("the disk is closed");
    this.changed = new Set();
    try {
      const transaction = database.transaction(["sizes", "pieces"], "readwrite", {
        durability: "strict",
      });
      const sizes = transaction.objectStore("sizes");
      const store = transaction.objectStore("pieces");
      const checkOwner = async () => {
        if ((await sizes.get(OWNER)) === owner) return;
        transaction.abort();
        throw new Error("another tab has the disk");
      };
      // Answers come in the order of the questions: nothing is written before the owner is known.
      await Promise.all([
        checkOwner(),
        sizes.put(this.size, name),
        ...[...changed].map((key) => {
          const piece = pieces.get(key);
          return piece ? store.put(piece, [name, key]) : store.delete([name, key]);
        }),
        transaction.done,
      ]);
    } catch (error) {
      for (const key of changed) this.changed.add(key);
      const isFull = error instanceof DOMException && error.name === "QuotaExceededError";
      throw isFull ? new DiskFullError(error.message) : error;
    }
  }

  close(): void {
    this.isClosed = true;
    this.pieces.clear();
  }

  /** Calls `use` for each piece of a stretch: its key, where in it, where in the stretch, how much. */
  private visit(
    offset: number,
    length: number,
    use: (key: number, within: number, at: number, count: number) => void,
  ): void {
    for (let at = 0; at < length; ) {
      const within = (offset + at) % PIECE_BYTES;
      const count = Math.min(PIECE_BYTES - within, length - at);
      use((offset + at - within) / PIECE_BYTES, within, at, count);
      at += count;
    }
  }
}
