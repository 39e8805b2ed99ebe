/**
 * The journal of a disk: its commits, one behind the other. There are two files, of which the one with
 * the higher generation counts. To make the journal short again, the whole state is written into the
 * other one; until that is durable, the old one is the disk.
 *
 *     magic "TABNIXDK", version, generation (4 bytes each), base (32 bytes), checksum (8 bytes)
 *     then for each commit: bytes of its records (4 bytes), checksum (8 bytes), records
 *
 * `base` is the SHA-256 of the tree index that the disk differs from. A checksum is the beginning of
 * the SHA-256 of what stands before and behind it, with the generation and the commit's place in the
 * file: remains of older contents never look like a commit. What follows the last whole commit is what
 * a crash has cut off, and is forgotten.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { copyOf, hexOf } from "../../shared/bytes.ts";
import { TabnixError } from "../../shared/errors.ts";
import type { Eventually } from "../filesystem/contents.ts";
import type { DiskFile, DiskFolder } from "./disk-file.ts";
import { andThen } from "./eventually.ts";

export const DISK_VERSION = 1;

const MAGIC = new TextEncoder().encode("TABNIXDK");
const BASE_BYTES = 32;
const CHECKSUM_BYTES = 8;
const VERSION_AT = MAGIC.length;
const GENERATION_AT = VERSION_AT + 4;
const BASE_AT = GENERATION_AT + 4;
const HEADER_CHECKSUM_AT = BASE_AT + BASE_BYTES;
const HEADER_BYTES = HEADER_CHECKSUM_AT + CHECKSUM_BYTES;
/** Before the records of a commit: their length and the checksum. */
const COMMIT_BYTES = 4 + CHECKSUM_BYTES;

const NAMES = ["journal-0", "journal-1"] as const;

/** What a journal file holds. */
interface Contents {
  generation: number;
  /** Lower-case hexadecimal. */
  base: string;
  commits: Uint8Array[];
  /** Where the next commit goes. */
  end: number;
}

export class Journal {
  /** Records of each commit that was found when the journal was opened. */
  readonly commits: readonly Uint8Array[];
  /** Lower-case hexadecimal SHA-256; undefined on a new disk. */
  readonly base: string | undefined;
  private readonly files: readonly DiskFile[];
  private generation: number;
  private end: number;
  /** Where the first commit ends, which is the whole state. */
  private stateEnd: number;

  private constructor(files: DiskFile[], found: Contents | undefined) {
    this.files = files;
    this.commits = found?.commits ?? [];
    this.base = found?.base;
    this.generation = found?.generation ?? 0;
    this.end = found?.end ?? 0;
    this.stateEnd = found ? HEADER_BYTES + COMMIT_BYTES + (found.commits[0]?.length ?? 0) : 0;
  }

  /**
   * Opens the journal in a folder, or a new one where there is none.
   *
   * @param isNew whether there is nothing else on the disk, so that a broken journal was never finished
   * @param erase whether what is on the disk is to be forgotten, so that it may be anything
   * @throws TabnixError `wrong-version` if a newer Tabnix wrote it, `malformed` if neither file is whole
   */
  static async open(folder: DiskFolder, isNew: boolean, erase = false): Promise<Journal> {
    const files: DiskFile[] = [];
    try {
      // One after the other: of files that are opened together, one that opens late would stay open.
      for (const name of NAMES) files.push(await folder.open(name));
      const found = files.flatMap((file, slot) => readContents(file, slot, erase) ?? []);
      found.sort((a, b) => b.generation - a.generation);
      if (found.length === 0 && !isNew && !erase) throw unreadable();
      return new Journal(files, found[0]);
    } catch (error) {
      for (const file of files) file.close();
      throw error;
    }
  }

  /** Bytes of the file in use. */
  get size(): number {
    return this.end;
  }

  /** Bytes of the file in use when it had one commit. */
  get stateSize(): number {
    return this.stateEnd;
  }

  /** Adds a commit; see {@link flush}. @throws DiskFullError, and then nothing was added */
  append(records: Uint8Array): void {
    const { file } = this;
    file.write(this.end, commitOf(this.generation, this.end, records));
    this.end += COMMIT_BYTES + records.length;
  }

  /** Done when all commits are durable. */
  flush(): Eventually<void> {
    return this.file.flush();
  }

  /**
   * Replaces all commits by one. Done when it is durable.
   *
   * @throws DiskFullError (or by the promise), and then the old commits stand
   */
  rewrite(base: string, records: Uint8Array): Eventually<void> {
    const generation = this.generation + 1;
    const old = this.file;
    const file = this.fileOf(generation);
    // A disk that could not be read begins again with the first generation: a commit of the old one that
    // stands where the new one ends would count.
    file.truncate(0);
    file.write(HEADER_BYTES, commitOf(generation, HEADER_BYTES, records));
    file.write(0, headerOf(generation, base));
    return andThen(file.flush(), () => {
      this.generation = generation;
      this.end = HEADER_BYTES + COMMIT_BYTES + records.length;
      this.stateEnd = this.end;
      old.truncate(0);
    });
  }

  close(): void {
    for (const file of this.files) file.close();
  }

  private get file(): DiskFile {
    return this.fileOf(this.generation);
  }

  private fileOf(generation: number): DiskFile {
    return this.files[generation % NAMES.length] as DiskFile;
  }
}

/**
 * @param anyVersion what a newer Tabnix wrote is only unreadable
 * @returns undefined when the file does not hold a whole commit of its own
 * @throws TabnixError `wrong-version` if a newer Tabnix wrote it
 */
function readContents(file: DiskFile, slot: number, anyVersion: boolean): Contents | undefined {
  const bytes = new Uint8Array(file.size);
  if (file.read(0, bytes) < HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer);
  if (MAGIC.some((byte, at) => bytes[at] !== byte)) return undefined;
  const version = view.getUint32(VERSION_AT, true);
  if (version > DISK_VERSION) {
    if (anyVersion) return undefined;
    throw new TabnixError(
      "wrong-version",
      `A newer Tabnix wrote the saved files: version ${version}; this one reads up to ${DISK_VERSION}.`,
      "They are left as they are. Load the page again to get the newest Tabnix; or start without them.",
    );
  }
  const header = bytes.subarray(0, HEADER_CHECKSUM_AT);
  const stored = bytes.subarray(HEADER_CHECKSUM_AT, HEADER_BYTES);
  const generation = view.getUint32(GENERATION_AT, true);
  if (generation % NAMES.length !== slot || !equal(stored, checksum(0, 0, header))) {
    return undefined;
  }
  const commits: Uint8Array[] = [];
  let end = HEADER_BYTES;
  while (end + COMMIT_BYTES <= bytes.length) {
    const from = end + COMMIT_BYTES;
    const records = bytes.subarray(from, from + view.getUint32(end, true));
    const next = from + view.getUint32(end, true);
    const sum = bytes.subarray(end + 4, from);
    if (next > bytes.length || !equal(sum, checksum(generation, end, records))) break;
    commits.push(copyOf(records));
    end = next;
  }
  if (commits.length === 0) return undefined;
  const base = hexOf(bytes.subarray(BASE_AT, HEADER_CHECKSUM_AT));
  return { generation, base, commits, end };
}

function headerOf(generation: number, base: string): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setUint32(VERSION_AT, DISK_VERSION, true);
  view.setUint32(GENERATION_AT, generation, true);
  for (let i = 0; i < BASE_BYTES; i++) {
    bytes[BASE_AT + i] = Number.parseInt(base.slice(i * 2, i * 2 + 2), 16);
  }
  bytes.set(checksum(0, 0, bytes.subarray(0, HEADER_CHECKSUM_AT)), HEADER_CHECKSUM_AT);
  return bytes;
}

function commitOf(generation: number, place: number, records: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(COMMIT_BYTES + records.length);
  new DataView(bytes.buffer).setUint32(0, records.length, true);
  bytes.set(checksum(generation, place, records), 4);
  bytes.set(records, COMMIT_BYTES);
  return bytes;
}

function checksum(generation: number, place: number, bytes: Uint8Array): Uint8Array {
  const prefix = new Uint8Array(12);
  const view = new DataView(prefix.buffer);
  view.setUint32(0, generation, true);
  view.setUint32(4, place, true);
  view.setUint32(8, bytes.length, true);
  return sha256.create().update(prefix).update(bytes).digest().subarray(0, CHECKSUM_BYTES);
}

function equal(first: Uint8Array, second: Uint8Array): boolean {
  return first.every((byte, at) => byte === second[at]);
}

function unreadable(): TabnixError {
  return new TabnixError(
    "malformed",
    "The saved files cannot be read: neither of the disk's journals is whole.",
    "Nothing was changed. Start without saving, or with an empty disk.",
  );
}
