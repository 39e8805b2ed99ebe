/** Opens the disk that a computer keeps its changes on, by the best means that works where it runs. */
import { TabnixError } from "../../shared/errors.ts";
import { DEFAULT_OVERLAY_BYTES, DISK_RETRY_MS, DISK_TAKE_MS } from "../../shared/limits.ts";
import type { DiskRequest } from "../contract.ts";
import type { DiskFolder } from "./disk-file.ts";
import { DiskLock } from "./disk-lock.ts";
import { DiskOverlay } from "./disk-overlay.ts";
import { type DiskPlace, forgetPlace, notePlace, placeOf } from "./disk-places.ts";
import { IndexedDbFolder } from "./indexed-db.ts";
import { OpfsFolder } from "./opfs.ts";
import { loadIndex, saveIndex } from "./saved-index.ts";

/** The best first. */
const PLACES: readonly DiskPlace[] = ["opfs", "indexeddb"];
const FIND: Record<DiskPlace, (name: string, isNew: boolean) => Promise<DiskFolder>> = {
  opfs: async (name, isNew) => {
    const folder = await OpfsFolder.find(name);
    if (isNew) await folder.tryOut();
    return folder;
  },
  indexeddb: (name) => IndexedDbFolder.find(name),
};

export interface DiskHandlers {
  /** A commit that nobody waited for has failed. */
  onFailure(error: unknown): void;
  /** Another tab asks for the disk: make everything durable, close it and {@link OpenDisk.release} it. */
  onAsked(): void;
  /** Another tab has taken the disk without waiting: close it. */
  onLost(): void;
}

export interface OpenDisk {
  overlay: DiskOverlay;
  storage: DiskPlace;
  /** Keeps the tree index that the disk differs from, by its SHA-256; see saved-index.ts. */
  saveIndex(base: string, index: Uint8Array): Promise<void>;
  /** The index of that SHA-256, if it was kept. */
  loadIndex(base: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Opens it again, after its overlay was closed: {@link OpenDisk.overlay} is another one then. */
  reopen(): Promise<void>;
  /** Lets another tab have the disk, which must be closed. */
  release(): void;
}

/**
 * @param base SHA-256 of the tree index; the disk may differ from another, see {@link DiskOverlay.base}
 * @returns undefined where the browser keeps nothing for this page
 * @throws TabnixError `busy` when another tab has the disk; `no-access`, `wrong-version` or
 *   `malformed`, and then the disk is left as it is
 */
export async function openDisk(
  { name, take, erase }: DiskRequest,
  base: string,
  handlers: DiskHandlers,
): Promise<OpenDisk | undefined> {
  const claim = new Claim(handlers);
  const lock = await DiskLock.acquire(name, { take, ...claim.ofLock }).catch(() => "none" as const);
  if (lock === "none") return undefined;
  if (!lock) throw busy();
  try {
    const found = await findFolder(name);
    if (!found) {
      lock.release();
      return undefined;
    }
    const open = async (erases: boolean) => {
      const free = await freeBytes();
      const options = { base, erase: erases, freeBytes: free, onFailure: handlers.onFailure };
      const overlay = await whenLetGo(claim, () => DiskOverlay.open(found.folder, options));
      if (!claim.isLost) return overlay;
      overlay.close();
      throw busy();
    };
    const disk: OpenDisk = {
      overlay: await open(erase),
      storage: found.storage,
      saveIndex: (of, index) => saveIndex(found.folder, of, index),
      loadIndex: (of) => loadIndex(found.folder, of),
      reopen: async () => {
        disk.overlay = await open(false);
      },
      release: () => lock.release(),
    };
    claim.opened();
    return disk;
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** What others want of a disk while it is being opened: nobody could answer yet. */
class Claim {
  isLost = false;
  private isOpen = false;
  private isAsked = false;
  private readonly handlers: DiskHandlers;

  constructor(handlers: DiskHandlers) {
    this.handlers = handlers;
  }

  readonly ofLock = {
    onAsked: () => {
      this.isAsked = true;
      if (this.isOpen) this.handlers.onAsked();
    },
    onLost: () => {
      this.isLost = true;
      if (this.isOpen) this.handlers.onLost();
    },
  };

  /** From now on there is a disk to save and to close. */
  opened(): void {
    this.isOpen = true;
    if (this.isAsked) this.handlers.onAsked();
  }
}

/** Removes a disk wherever it is. Whoever calls it has the {@link DiskLock}, and nobody has it open. */
export async function removeDisk(name: string): Promise<void> {
  await Promise.allSettled([OpfsFolder.remove(name), IndexedDbFolder.remove(name)]);
  await forgetPlace(name);
}

/**
 * Where the disk is; for a new one, where it can be: each kind of storage is tried out, because several
 * browsers offer what then does not work.
 *
 * @throws TabnixError `no-access` when it is where this page cannot get at it now
 */
async function findFolder(
  name: string,
): Promise<{ storage: DiskPlace; folder: DiskFolder } | undefined> {
  const known = await placeOf(name);
  for (const storage of known ? [known] : PLACES) {
    try {
      const folder = await FIND[storage](name, !known);
      if (!known) await notePlace(name, storage);
      return { storage, folder };
    } catch (error) {
      if (known) throw noAccess(error);
    }
  }
  return undefined;
}

/** A tab that was told to let go of the disk takes a moment. @throws TabnixError `busy` if it does not */
async function whenLetGo<T>(claim: Claim, open: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + DISK_TAKE_MS;
  for (;;) {
    try {
      return await open();
    } catch (error) {
      const isHeld = error instanceof DOMException && error.name === "NoModificationAllowedError";
      if (!isHeld) throw error;
      if (claim.isLost || performance.now() > deadline) throw busy();
      await new Promise((resolve) => setTimeout(resolve, DISK_RETRY_MS));
    }
  }
}

/** What the browser would still give, as far as it tells. */
export async function freeBytes(): Promise<number> {
  try {
    const { quota, usage = 0 } = await navigator.storage.estimate();
    return quota === undefined ? DEFAULT_OVERLAY_BYTES : quota - usage;
  } catch {
    return DEFAULT_OVERLAY_BYTES;
  }
}

function noAccess(cause: unknown): TabnixError {
  return new TabnixError(
    "no-access",
    "The browser does not give access to the files that were saved here.",
    "Reload the page, or start the browser again. In a copy that is not saved you can work without them; they stay as they are.",
    cause,
  );
}

function busy(): TabnixError {
  return new TabnixError(
    "busy",
    "Another tab of this browser runs on these files.",
    "Go on there, take them over, or work here on a fresh copy that is not saved.",
  );
}
