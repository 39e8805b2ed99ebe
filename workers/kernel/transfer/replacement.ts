/** Another state of the whole tree, made beside the present one: on its disk, or in memory. */
import { DEFAULT_OVERLAY_BYTES } from "../../shared/limits.ts";
import type { OpenDisk } from "../disk/open-disk.ts";
import type { FileSystem } from "../filesystem/filesystem.ts";
import { MemoryOverlay } from "../filesystem/memory-overlay.ts";
import type { OverlayBackend } from "../filesystem/overlay.ts";
import { restoreRecords } from "./export-records.ts";
import type { WriteContent } from "./import-changes.ts";

/** What a tree is opened from. */
export interface State {
  overlay: OverlayBackend;
  /** Gives a new filesystem, made on the overlay and the base, its tree. */
  begin(fs: FileSystem): Promise<void>;
}

/** Opens the state that was committed; the one before is of no use from then on. */
export type OpenState = () => Promise<State>;

export interface Replacement {
  write: WriteContent;
  /** Forgets it; not after {@link commit}. */
  abandon(): void;
  /**
   * Makes it the one that is saved, if any is.
   *
   * @throws PosixError ENOSPC, EIO, and then everything is as before
   */
  commit(records: Uint8Array): Promise<OpenState>;
}

/** Bytes that another state may take: on a disk, what the present one leaves. */
export function roomBeside(disk: OpenDisk | undefined): number {
  return disk ? disk.overlay.capacity - disk.overlay.usage : DEFAULT_OVERLAY_BYTES;
}

/** @param disk where the present state is; undefined if it is in memory */
export function beginReplacement(disk: OpenDisk | undefined): Replacement {
  return disk ? onDisk(disk) : inMemory();
}

function onDisk(disk: OpenDisk): Replacement {
  const replacement = disk.overlay.replacement();
  return {
    write: (number, offset, bytes) => replacement.write(number, offset, bytes),
    abandon: () => replacement.abandon(),
    commit: async (records) => {
      await replacement.commit(records);
      return async () => {
        disk.overlay.close();
        await disk.reopen();
        const { overlay } = disk;
        return { overlay, begin: (fs) => overlay.begin(fs) };
      };
    },
  };
}

function inMemory(): Replacement {
  const overlay = new MemoryOverlay();
  return {
    write: (number, offset, bytes) => overlay.write(number, offset, bytes),
    abandon: () => {},
    commit: async (records) => async () => ({
      overlay,
      begin: async (fs) => restoreRecords(fs, records),
    }),
  };
}
