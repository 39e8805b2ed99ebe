/**
 * A disk's files in IndexedDB, for browsers without synchronous access handles. Each file is in memory
 * as a whole, in pieces; a flush writes the pieces that have changed in one transaction.
 */
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { type DiskFile, type DiskFolder, DiskFullError } from "./disk-file.ts";

const DATABASE = "tabnix-disk-";
const DATABASE_VERSION = 1;
const PIECE_BYTES = 64 * 1024;

interface Schema extends DBSchema {
  /** Lengths of files by name. */
  sizes: { key: string; value: number };
  /** Bytes by file and piece. */
  pieces: { key: [string, number]; value: Uint8Array };
}

export class IndexedDbFolder implements DiskFolder {
  private readonly database: IDBPDatabase<Schema>;

  private constructor(database: IDBPDatabase<Schema>) {
    this.database = database;
  }

  /** The database of a disk, made if it is not there. @throws DOMException where the page may have none */
  static async find(disk: string): Promise<IndexedDbFolder> {
    const database = await openDB<Schema>(DATABASE + disk, DATABASE_VERSION, {
      upgrade: (made) => {
        made.createObjectStore("sizes");
        made.createObjectStore("pieces");
      },
    });
    return new IndexedDbFolder(database);
  }

  async open(name: string): Promise<DiskFile> {
    const { database } = this;
    const size = (await database.get("sizes", name)) ?? 0;
    const range = IDBKeyRange.bound([name, 0], [name, Number.POSITIVE_INFINITY]);
    const [keys, values] = await Promise.all([
      database.getAllKeys("pieces", range),
      database.getAll("pieces", range),
    ]);
    const pieces = new Map(keys.map(([, piece], at) => [piece, values[at] as Uint8Array]));
    return new IndexedDbFile(database, name, size, pieces);
  }
}

class IndexedDbFile implements DiskFile {
  size: number;
  private readonly database: IDBPDatabase<Schema>;
  private readonly name: string;
  private readonly pieces: Map<number, Uint8Array>;
  private changed = new Set<number>();

  constructor(
    database: IDBPDatabase<Schema>,
    name: string,
    size: number,
    pieces: Map<number, Uint8Array>,
  ) {
    this.database = database;
    this.name = name;
    this.size = size;
    this.pieces = pieces;
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

  /** All of it or nothing: what comes to be written meanwhile is for the next. */
  async flush(): Promise<void> {
    const { changed, name, pieces } = this;
    this.changed = new Set();
    try {
      const transaction = this.database.transaction(["sizes", "pieces"], "readwrite", {
        durability: "strict",
      });
      const store = transaction.objectStore("pieces");
      await Promise.all([
        transaction.objectStore("sizes").put(this.size, name),
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
