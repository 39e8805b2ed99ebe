/** Contents of files in blocks of one data file, never changing what a commit refers to. */
import { DISK_BLOCK_BYTES } from "../../shared/limits.ts";
import type { Eventually } from "../filesystem/contents.ts";
import { BlockAllocator, type Run } from "./block-allocator.ts";
import { type BlockMap, HOLE, type Placement } from "./block-map.ts";
import type { DiskFile } from "./disk-file.ts";

const BLOCK = DISK_BLOCK_BYTES;

/** Blocks of a file in a row. */
interface Stretch {
  index: number;
  count: number;
}

type BytesOf = (placement: Placement) => Uint8Array;

export class BlockFile {
  private readonly file: DiskFile;
  private readonly blocks = new BlockAllocator();

  constructor(file: DiskFile) {
    this.file = file;
  }

  /** Bytes taken, those included that the last commit still refers to. */
  get used(): number {
    return this.blocks.used * BLOCK;
  }

  /** Bytes of the file. */
  get size(): number {
    return this.file.size;
  }

  /** Blocks that the file has room for. */
  get length(): number {
    return Math.floor(this.file.size / BLOCK);
  }

  /** Tells that the disk refers to these blocks. @returns false when something else does, or they are not there */
  keep(run: Run): boolean {
    return (run.first + run.count) * BLOCK <= this.file.size && this.blocks.keep(run);
  }

  /** Fills `target` from `offset` of a file; holes are zeros. */
  read(map: BlockMap, offset: number, target: Uint8Array): void {
    for (let done = 0; done < target.length; ) {
      const at = offset + done;
      const index = Math.floor(at / BLOCK);
      const block = map.get(index);
      const last = Math.floor((offset + target.length - 1) / BLOCK);
      let count = 1;
      while (index + count <= last && map.get(index + count) === next(block, count)) count += 1;
      const length = Math.min((index + count) * BLOCK - at, target.length - done);
      const part = target.subarray(done, done + length);
      if (block === HOLE) part.fill(0);
      else part.fill(0, this.file.read(block * BLOCK + (at % BLOCK), part));
      done += length;
    }
  }

  /** How many blocks a write would take beside those that it may write in place. */
  needed(map: BlockMap, offset: number, length: number): number {
    let count = 0;
    for (let index = Math.floor(offset / BLOCK); index * BLOCK < offset + length; index++) {
      if (!this.blocks.isFresh(map.get(index))) count += 1;
    }
    return count;
  }

  /** Writes to a file. @throws DiskFullError, and then nothing of the file has changed */
  write(map: BlockMap, offset: number, source: Uint8Array): void {
    const first = Math.floor(offset / BLOCK);
    const end = Math.ceil((offset + source.length) / BLOCK);
    const bytes = this.wholeBlocks(map, offset, source, first, end);
    const bytesOf: BytesOf = ({ index, run }) =>
      bytes.subarray((index - first) * BLOCK, (index - first + run.count) * BLOCK);
    const { inPlace, elsewhere } = this.plan(map, first, end);
    const placed: Placement[] = [];
    try {
      for (const stretch of elsewhere) this.place(stretch, bytesOf, placed);
    } catch (error) {
      for (const { run } of placed) this.release(run);
      throw error;
    }
    for (const placement of inPlace)
      this.file.write(placement.run.first * BLOCK, bytesOf(placement));
    for (const { index, run } of placed) {
      for (let i = 0; i < run.count; i++) {
        const old = map.get(index + i);
        map.set(index + i, run.first + i);
        if (old !== HOLE) this.blocks.release(old);
      }
    }
  }

  /** Forgets what lies at or beyond `size`. @throws DiskFullError, and then nothing has changed */
  truncate(map: BlockMap, size: number): void {
    const within = size % BLOCK;
    const last = Math.floor(size / BLOCK);
    if (within > 0 && map.get(last) !== HOLE) this.write(map, size, new Uint8Array(BLOCK - within));
    for (const block of map.cut(Math.ceil(size / BLOCK))) this.blocks.release(block);
  }

  /** Gives all blocks of a file back. */
  forget(map: BlockMap): void {
    for (const block of map.cut(0)) this.blocks.release(block);
  }

  /** See {@link BlockAllocator.beginCommit}. */
  beginCommit(): () => void {
    return this.blocks.beginCommit();
  }

  /** Done when everything written is durable. */
  flush(): Eventually<void> {
    return this.file.flush();
  }

  /** Gives back the room of free blocks at the end. */
  trim(): void {
    this.blocks.trim();
    if (this.blocks.length < this.length) this.file.truncate(this.blocks.length * BLOCK);
  }

  close(): void {
    this.file.close();
  }

  /** Divides the blocks of a file into those that may be written in place, and stretches of others. */
  private plan(
    map: BlockMap,
    first: number,
    end: number,
  ): { inPlace: Placement[]; elsewhere: Stretch[] } {
    const inPlace: Placement[] = [];
    const elsewhere: Stretch[] = [];
    for (let index = first; index < end; ) {
      const block = map.get(index);
      const isFresh = this.blocks.isFresh(block);
      let count = 1;
      while (index + count < end) {
        const following = map.get(index + count);
        if (this.blocks.isFresh(following) !== isFresh) break;
        if (isFresh && following !== block + count) break;
        count += 1;
      }
      if (isFresh) inPlace.push({ index, run: { first: block, count } });
      else elsewhere.push({ index, count });
      index += count;
    }
    return { inPlace, elsewhere };
  }

  /** Writes a stretch of a file to new places, and adds them to `placed` before it does. */
  private place({ index, count }: Stretch, bytesOf: BytesOf, placed: Placement[]): void {
    for (let done = 0; done < count; ) {
      const placement = { index: index + done, run: this.blocks.allocate(count - done) };
      placed.push(placement);
      this.file.write(placement.run.first * BLOCK, bytesOf(placement));
      done += placement.run.count;
    }
  }

  private release({ first, count }: Run): void {
    for (let i = 0; i < count; i++) this.blocks.release(first + i);
  }

  /** The source, with what is before and behind it in its first and last block. */
  private wholeBlocks(
    map: BlockMap,
    offset: number,
    source: Uint8Array,
    first: number,
    end: number,
  ): Uint8Array {
    const before = offset - first * BLOCK;
    if (before === 0 && source.length === (end - first) * BLOCK) return source;
    const bytes = new Uint8Array((end - first) * BLOCK);
    const lastAt = bytes.length - BLOCK;
    if (before > 0) this.read(map, first * BLOCK, bytes.subarray(0, BLOCK));
    if (before + source.length < bytes.length && (lastAt > 0 || before === 0))
      this.read(map, (end - 1) * BLOCK, bytes.subarray(lastAt));
    bytes.set(source, before);
    return bytes;
  }
}

/** The block that goes on a run after `count` blocks from `first`; of a hole, another hole. */
function next(first: number, count: number): number {
  return first === HOLE ? HOLE : first + count;
}
