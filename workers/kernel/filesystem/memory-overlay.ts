/** An overlay that lasts as long as the page. */
import { copyOf } from "../../shared/bytes.ts";
import { DEFAULT_OVERLAY_BYTES, OVERLAY_CHUNK_BYTES } from "../../shared/limits.ts";
import type { ChangeRecorder, Extent, FrozenContents, OverlayBackend } from "./overlay.ts";
import { PosixError } from "./posix-error.ts";

/** The first chunk of a file starts this small and doubles, so that small files stay small. */
const SMALLEST_CHUNK_BYTES = 256;

/** Chunks by their position in the file divided by the chunk size. Missing ones are holes. */
type Chunks = Map<number, Uint8Array>;

const nothingRecorded: ChangeRecorder = {
  inodeChanged() {},
  inodeRemoved() {},
  entryAdded() {},
  entryRemoved() {},
};

export class MemoryOverlay implements OverlayBackend {
  /** The tree itself is in memory: there is nothing to record. */
  readonly changes = nothingRecorded;
  readonly capacity: number;
  private used = 0;
  private readonly files = new Map<number, Chunks>();
  /** What each freeze that is not released yet reads: such a chunk is not changed in place. */
  private readonly frozen = new Set<ReadonlySet<Uint8Array>>();

  /** @param capacity bytes that may be allocated before writes fail with ENOSPC */
  constructor(capacity = DEFAULT_OVERLAY_BYTES) {
    this.capacity = capacity;
  }

  get usage(): number {
    return this.used;
  }

  read(number: number, offset: number, target: Uint8Array): void {
    readChunks(this.files.get(number), offset, target);
  }

  write(number: number, offset: number, source: Uint8Array): void {
    if (source.length === 0) return;
    const chunks = this.files.get(number) ?? new Map<number, Uint8Array>();
    this.checkSpace(chunks, offset, source.length);
    this.files.set(number, chunks);
    for (let done = 0; done < source.length; ) {
      const within = (offset + done) % OVERLAY_CHUNK_BYTES;
      const length = Math.min(OVERLAY_CHUNK_BYTES - within, source.length - done);
      const index = (offset + done - within) / OVERLAY_CHUNK_BYTES;
      this.chunk(chunks, index, within + length).set(source.subarray(done, done + length), within);
      done += length;
    }
  }

  truncate(number: number, size: number): void {
    const chunks = this.files.get(number);
    if (!chunks) return;
    const kept = size % OVERLAY_CHUNK_BYTES;
    const last = (size - kept) / OVERLAY_CHUNK_BYTES;
    for (const [index, chunk] of chunks) {
      if (index > last || (index === last && kept === 0)) {
        chunks.delete(index);
        this.used -= chunk.length;
      } else if (index === last) {
        this.ownChunk(chunks, index, chunk).fill(0, kept);
      }
    }
  }

  remove(number: number): void {
    this.truncate(number, 0);
    this.files.delete(number);
  }

  extents(number: number): Iterable<Extent> {
    return extentsOf(this.files.get(number));
  }

  /** Costs the copies of what is changed meanwhile. */
  freeze(): FrozenContents {
    const files = new Map([...this.files].map(([number, chunks]) => [number, new Map(chunks)]));
    const kept = new Set([...files.values()].flatMap((chunks) => [...chunks.values()]));
    this.frozen.add(kept);
    return {
      extents: (number) => extentsOf(files.get(number)),
      read: (number, offset, target) => readChunks(files.get(number), offset, target),
      release: () => this.frozen.delete(kept),
    };
  }

  async sync(): Promise<void> {}

  /** The chunk, allocated for at least `needed` bytes. */
  private chunk(chunks: Chunks, index: number, needed: number): Uint8Array {
    const present = chunks.get(index);
    if (present && present.length >= needed) return this.ownChunk(chunks, index, present);
    const grown = new Uint8Array(allocation(present, needed));
    if (present) grown.set(present);
    chunks.set(index, grown);
    this.used += grown.length - (present?.length ?? 0);
    return grown;
  }

  /** A chunk that may be changed in place. */
  private ownChunk(chunks: Chunks, index: number, chunk: Uint8Array): Uint8Array {
    if (!this.isFrozen(chunk)) return chunk;
    const own = copyOf(chunk);
    chunks.set(index, own);
    return own;
  }

  private isFrozen(chunk: Uint8Array): boolean {
    for (const kept of this.frozen) if (kept.has(chunk)) return true;
    return false;
  }

  /** Refuses a write that would not fit, before anything of it is made. */
  private checkSpace(chunks: Chunks, offset: number, length: number): void {
    const free = this.capacity - this.used;
    if (length + OVERLAY_CHUNK_BYTES * 2 <= free) return;
    const end = offset + length;
    let needed = 0;
    for (let at = offset - (offset % OVERLAY_CHUNK_BYTES); at < end; at += OVERLAY_CHUNK_BYTES) {
      const present = chunks.get(at / OVERLAY_CHUNK_BYTES);
      const used = Math.min(OVERLAY_CHUNK_BYTES, end - at);
      if (!present || present.length < used) {
        needed += allocation(present, used) - (present?.length ?? 0);
      }
    }
    if (needed > free) throw new PosixError("ENOSPC", "the overlay is full");
  }
}

const EMPTY = new Uint8Array(0);

/** Bytes to allocate for a chunk that must hold `needed`. */
function allocation(present: Uint8Array | undefined, needed: number): number {
  let size = present?.length ?? SMALLEST_CHUNK_BYTES;
  while (size < needed) size *= 2;
  return size;
}

/** Fills all of `target` from `offset`; holes are zeros. */
function readChunks(chunks: Chunks | undefined, offset: number, target: Uint8Array): void {
  for (let done = 0; done < target.length; ) {
    const within = (offset + done) % OVERLAY_CHUNK_BYTES;
    const length = Math.min(OVERLAY_CHUNK_BYTES - within, target.length - done);
    const chunk = chunks?.get((offset + done - within) / OVERLAY_CHUNK_BYTES);
    const stored = chunk ? chunk.subarray(within, within + length) : EMPTY;
    target.set(stored, done);
    target.fill(0, done + stored.length, done + length);
    done += length;
  }
}

function* extentsOf(chunks: Chunks = new Map()): Iterable<Extent> {
  for (const index of [...chunks.keys()].sort((a, b) => a - b)) {
    const chunk = chunks.get(index);
    if (chunk) yield { offset: index * OVERLAY_CHUNK_BYTES, length: chunk.length };
  }
}
