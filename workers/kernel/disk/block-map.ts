/** Where the blocks of one file are on the disk, and which of that the disk has not been told. */
import type { Run } from "./block-allocator.ts";

/** Blocks in a row of a file, and the first of as many in a row on the disk. */
export interface Placement {
  index: number;
  run: Run;
}

/** The block is a hole: it reads as zeros. */
export const HOLE = -1;

/** Blocks of a file that one part of the map covers. */
const PART_BLOCKS = 512;

export class BlockMap {
  private readonly parts = new Map<number, Int32Array>();
  /** Blocks placed since the last {@link takeChanges}. */
  private changed = new Set<number>();
  /** All blocks from here on were dropped since then, before those in {@link changed} were placed. */
  private cutAt = Number.POSITIVE_INFINITY;

  get(index: number): number {
    return this.parts.get(Math.floor(index / PART_BLOCKS))?.[index % PART_BLOCKS] ?? HOLE;
  }

  set(index: number, block: number): void {
    this.place(index, block);
    this.changed.add(index);
  }

  /** Forgets the blocks from `index` on. @returns those that were there */
  cut(index: number): number[] {
    const dropped: number[] = [];
    for (const [key, part] of this.parts) {
      const start = key * PART_BLOCKS;
      for (let i = Math.max(0, index - start); i < PART_BLOCKS; i++) {
        const block = part[i] as number;
        if (block === HOLE) continue;
        dropped.push(block);
        part[i] = HOLE;
      }
      if (start >= index) this.parts.delete(key);
    }
    for (const at of this.changed) if (at >= index) this.changed.delete(at);
    this.cutAt = Math.min(this.cutAt, index);
    return dropped;
  }

  /** The same blocks, whatever becomes of this map. */
  copy(): BlockMap {
    const copy = new BlockMap();
    for (const [key, part] of this.parts) copy.parts.set(key, part.slice());
    return copy;
  }

  /** Every block that is there, in order. */
  *placements(): Iterable<Placement> {
    const keys = [...this.parts.keys()].sort((a, b) => a - b);
    const indexes = function* (parts: BlockMap["parts"]): Iterable<number> {
      for (const key of keys) {
        for (let i = 0; i < PART_BLOCKS; i++) {
          if (parts.get(key)?.[i] !== HOLE) yield key * PART_BLOCKS + i;
        }
      }
    };
    yield* this.runs(indexes(this.parts));
  }

  /** What has changed since the last call: where the file was cut, then what was placed. */
  takeChanges(): { cutAt: number | undefined; placed: Placement[] } {
    const indexes = [...this.changed].sort((a, b) => a - b);
    const cutAt = Number.isFinite(this.cutAt) ? this.cutAt : undefined;
    this.changed = new Set();
    this.cutAt = Number.POSITIVE_INFINITY;
    return { cutAt, placed: [...this.runs(indexes)] };
  }

  /** Takes over what the disk already knows. */
  load({ index, run: { first, count } }: Placement): void {
    for (let i = 0; i < count; i++) this.place(index + i, first + i);
  }

  private place(index: number, block: number): void {
    const key = Math.floor(index / PART_BLOCKS);
    let part = this.parts.get(key);
    if (!part) {
      part = new Int32Array(PART_BLOCKS).fill(HOLE);
      this.parts.set(key, part);
    }
    part[index % PART_BLOCKS] = block;
  }

  private *runs(indexes: Iterable<number>): Iterable<Placement> {
    let current: Placement | undefined;
    for (const index of indexes) {
      const block = this.get(index);
      if (
        current &&
        index === current.index + current.run.count &&
        block === current.run.first + current.run.count
      ) {
        current.run.count += 1;
        continue;
      }
      if (current) yield current;
      current = { index, run: { first: block, count: 1 } };
    }
    if (current) yield current;
  }
}
