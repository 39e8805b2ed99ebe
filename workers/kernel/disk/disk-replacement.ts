/** Another state of a whole disk, made beside the present one; see "Replacing everything" in docs/disk.md. */
import { ByteWriter } from "../../shared/bytes.ts";
import { DISK_BLOCK_BYTES } from "../../shared/limits.ts";
import { PosixError } from "../filesystem/posix-error.ts";
import type { BlockFile } from "./block-file.ts";
import { BlockMap } from "./block-map.ts";
import { noSpaceWhenFull } from "./disk-file.ts";
import { writeBlocks } from "./tree-records.ts";

/** What a {@link DiskReplacement} needs of the disk. */
export interface DiskParts {
  blocks: BlockFile;
  /** Whether the disk may take so many bytes more. */
  hasRoom(bytes: number): boolean;
  /**
   * Makes these records all that the journal has.
   *
   * @param base that they differ from; the disk's unless given
   * @param undo called when they are not, and a crash cannot make them so any more
   * @throws PosixError ENOSPC, EIO
   */
  commit(records: Uint8Array, base: string | undefined, undo: () => void): Promise<void>;
}

/** Its contents go to blocks that the disk does not use. Until {@link commit} the disk is as it was. */
export class DiskReplacement {
  private readonly disk: DiskParts;
  private readonly maps = new Map<number, BlockMap>();

  constructor(disk: DiskParts) {
    this.disk = disk;
  }

  /** Writes to a file of the new state. @throws PosixError ENOSPC */
  write(number: number, offset: number, source: Uint8Array): void {
    const { blocks, hasRoom } = this.disk;
    const map = this.maps.get(number) ?? new BlockMap();
    this.maps.set(number, map);
    const needed = blocks.needed(map, offset, source.length) * DISK_BLOCK_BYTES;
    if (!hasRoom(needed)) throw new PosixError("ENOSPC", "the disk is full");
    noSpaceWhenFull(() => blocks.write(map, offset, source));
  }

  /**
   * Makes it the disk's state, in one step. The disk's overlay is of no use any more, but to be closed.
   *
   * @param tree records of everything but contents
   * @param base SHA-256 of the tree index that they differ from; the disk's unless given
   * @throws PosixError ENOSPC, EIO, and then the disk is as it was
   */
  commit(tree: Uint8Array, base?: string): Promise<void> {
    const writer = new ByteWriter(tree.length);
    writer.append(tree);
    writeBlocks(writer, this.maps);
    return this.disk.commit(writer.toBytes(), base, () => this.abandon());
  }

  /** Gives back what it has taken. Not after {@link commit}, which does it when it may. */
  abandon(): void {
    for (const map of this.maps.values()) this.disk.blocks.forget(map);
    this.maps.clear();
  }
}
