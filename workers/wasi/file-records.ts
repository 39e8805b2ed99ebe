/**
 * A program's open files, in memory that its threads can share: which file each descriptor is, and where
 * reading and writing it go on. Threads change the table one after the other.
 */
import { MAX_PROCESS_FILES } from "../shared/limits.ts";
import { WasiError } from "./errno.ts";
import { lock, unlock } from "./lock.ts";

/** Standard files may share a cursor: their records are nobody else's, also when they are closed. */
const RESERVED = 3;

/** 32-bit words: the lock, the record of each descriptor and one (or 0), then the records. */
const LOCK = 0;
const FIRST_DESCRIPTOR = 1;
const FIRST_RECORD = FIRST_DESCRIPTOR + MAX_PROCESS_FILES;
/** Words of a record. */
const Field = { file: 0, kind: 1, flags: 2, cursor: 3, lock: 4 } as const;
const RECORD_WORDS = 5;
const WORDS = FIRST_RECORD + MAX_PROCESS_FILES * RECORD_WORDS;
/** 64-bit floats: the positions of records' cursors, beyond all words. */
const POSITIONS = Math.ceil((WORDS * Int32Array.BYTES_PER_ELEMENT) / 8) * 8;
const BYTES = POSITIONS + MAX_PROCESS_FILES * Float64Array.BYTES_PER_ELEMENT;
/** A record's file when it has none. */
const NONE = -1;

/** Numbers that stand for a file. */
export interface FileRecord {
  file: number;
  kind: number;
  flags: number;
  /** The record whose cursor it has, if it is not its own. */
  cursor?: number;
}

/** Memory for a table that threads share. */
export function createFileMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(BYTES);
}

export class FileRecords {
  private readonly words: Int32Array;
  private readonly positions: Float64Array;

  /** @param memory of the threads; without it the table is of this one alone */
  constructor(memory: ArrayBufferLike = new ArrayBuffer(BYTES)) {
    this.words = new Int32Array(memory, 0, WORDS);
    this.positions = new Float64Array(memory, POSITIONS, MAX_PROCESS_FILES);
  }

  /** No file is open. Call before there are other threads. */
  clear(): void {
    this.words.fill(0);
    for (let record = 0; record < MAX_PROCESS_FILES; record++) this.set(record, Field.file, NONE);
  }

  /** The record of a descriptor. */
  find(descriptor: number): number | undefined {
    if (descriptor >= MAX_PROCESS_FILES) return undefined;
    const record = Atomics.load(this.words, FIRST_DESCRIPTOR + descriptor) - 1;
    return record < 0 ? undefined : record;
  }

  /** Puts a file under the lowest descriptor that is free. @throws WasiError EMFILE */
  add({ file, kind, flags, cursor }: FileRecord, position: number): number {
    return this.alone(() => {
      const descriptor = this.firstFree((number) => this.find(number) === undefined, 0);
      const isStandard = descriptor < RESERVED && this.get(descriptor, Field.file) === NONE;
      const record = isStandard
        ? descriptor
        : this.firstFree((number) => this.get(number, Field.file) === NONE, RESERVED);
      this.set(record, Field.kind, kind);
      this.set(record, Field.flags, flags);
      this.set(record, Field.cursor, cursor ?? record);
      this.set(record, Field.lock, 0);
      if (cursor === undefined) this.positions[record] = position;
      this.set(record, Field.file, file);
      Atomics.store(this.words, FIRST_DESCRIPTOR + descriptor, record + 1);
      return descriptor;
    });
  }

  /** Frees a descriptor. @returns whether the file was still there */
  remove(descriptor: number, file: number): boolean {
    return this.alone(() => {
      const record = this.find(descriptor);
      if (record === undefined || this.get(record, Field.file) !== file) return false;
      this.free(descriptor, record);
      return true;
    });
  }

  /** Gives one descriptor's file to another, and frees the one. @returns whether both were there */
  move(from: number, to: number): boolean {
    return this.alone(() => {
      const moved = this.find(from);
      const replaced = this.find(to);
      if (moved === undefined || replaced === undefined) return false;
      this.free(to, replaced);
      Atomics.store(this.words, FIRST_DESCRIPTOR + from, 0);
      Atomics.store(this.words, FIRST_DESCRIPTOR + to, moved + 1);
      return true;
    });
  }

  /** What a record says. */
  read(record: number): Required<FileRecord> {
    const { file, kind, flags, cursor } = Field;
    return {
      file: this.get(record, file),
      kind: this.get(record, kind),
      flags: this.get(record, flags),
      cursor: this.get(record, cursor),
    };
  }

  setFlags(record: number, file: number, flags: number): void {
    this.alone(() => {
      if (this.get(record, Field.file) === file) this.set(record, Field.flags, flags);
    });
  }

  position(record: number): number {
    return this.positions[record] ?? 0;
  }

  /** @param file whose cursor it was: the record may be another's by now */
  setPosition(record: number, file: number, position: number): void {
    this.alone(() => {
      const isIts = record < RESERVED || this.get(record, Field.file) === file;
      if (isIts) this.positions[record] = position;
    });
  }

  /** Waits until no other thread has a cursor. */
  takeCursor(record: number): void {
    lock(this.words, this.at(record, Field.lock));
  }

  giveCursor(record: number): void {
    unlock(this.words, this.at(record, Field.lock));
  }

  private free(descriptor: number, record: number): void {
    Atomics.store(this.words, FIRST_DESCRIPTOR + descriptor, 0);
    if (record >= RESERVED) this.set(record, Field.file, NONE);
  }

  private firstFree(isFree: (number: number) => boolean, first: number): number {
    for (let number = first; number < MAX_PROCESS_FILES; number++)
      if (isFree(number)) return number;
    throw new WasiError("EMFILE");
  }

  private alone<T>(act: () => T): T {
    lock(this.words, LOCK);
    try {
      return act();
    } finally {
      unlock(this.words, LOCK);
    }
  }

  private at(record: number, field: number): number {
    return FIRST_RECORD + record * RECORD_WORDS + field;
  }

  private get(record: number, field: number): number {
    return Atomics.load(this.words, this.at(record, field));
  }

  private set(record: number, field: number, value: number): void {
    Atomics.store(this.words, this.at(record, field), value);
  }
}
