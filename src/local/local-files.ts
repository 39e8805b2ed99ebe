import type { FileAnswers } from "../../workers/kernel/files/contract.ts";
import { TabnixError } from "../../workers/shared/errors.ts";
import { FILE_PIECE_BYTES } from "../../workers/shared/limits.ts";
import type {
  FileAccess,
  FileEntry,
  FileStatus,
  Long,
  Transfer,
  WriteOptions,
} from "../file-access.ts";
import type { CallFiles } from "./file-calls.ts";

/** What {@link LocalFiles} needs of the computer. */
export interface FileServices {
  call: CallFiles;
  /** Done when the guest, if one runs, has written out what it holds back, and forgotten what it caches. */
  syncGuest(options: { forget: boolean }): Promise<void>;
}

/**
 * The files as the kernel worker has them. Outside of the live folders the guest has a cache between: it is
 * made to write back before something is looked at, and to forget after something was changed.
 */
export class LocalFiles implements FileAccess {
  readonly #services: FileServices;
  /** Runs of {@link together} that are under way. */
  #batches = 0;
  /** The guest has not been told yet of what they changed. */
  #untold = false;
  /** The guest writes back, or has, since they began. */
  #synced: Promise<void> | undefined;

  constructor(services: FileServices) {
    this.#services = services;
  }

  async list(path: string, { signal }: Long = {}): Promise<FileEntry[]> {
    await this.#look(path, true);
    const entries: FileEntry[] = [];
    for (let cookie: number | undefined = 0; cookie !== undefined; ) {
      signal?.throwIfAborted();
      const page: FileAnswers["list"] = await this.#services.call({ op: "list", path, cookie });
      entries.push(...page.entries);
      cookie = page.next;
    }
    return entries;
  }

  status(path: string, { follow = true }: { follow?: boolean } = {}): Promise<FileStatus> {
    return this.#look(path, follow);
  }

  async *read(path: string, { signal, onBytes }: Transfer = {}) {
    // What is written to it from now on does not count: a log would never end.
    const { inode, size } = await this.#look(path, true);
    for (let offset = 0; offset < size; ) {
      signal?.throwIfAborted();
      const length = Math.min(FILE_PIECE_BYTES, size - offset);
      const { bytes } = await this.#services.call({ op: "read", path, inode, offset, length });
      if (bytes.length === 0) return;
      offset += bytes.length;
      onBytes?.(bytes.length);
      yield bytes;
    }
  }

  async write(
    path: string,
    content: Blob,
    { replaces = "nothing", mode, signal, onBytes }: WriteOptions = {},
  ): Promise<FileStatus> {
    // What the guest holds back makes another version.
    if (typeof replaces !== "string") await this.#look(path, true);
    const { call } = this.#services;
    const { upload } = await call({ op: "begin", path, size: content.size, replaces });
    try {
      for (let offset = 0; offset < content.size; offset += FILE_PIECE_BYTES) {
        signal?.throwIfAborted();
        const bytes = await bytesOf(path, content.slice(offset, offset + FILE_PIECE_BYTES));
        const { length } = bytes;
        await call({ op: "write", upload, offset, bytes });
        onBytes?.(length);
      }
      signal?.throwIfAborted();
      const { status, isCached } = await call({
        op: "finish",
        upload,
        ...(mode === undefined ? {} : { mode }),
      });
      await this.#changed(isCached);
      return status;
    } catch (error) {
      // If this fails as well, there is no kernel that could hold the file.
      await call({ op: "abandon", upload }).catch(() => {});
      throw error;
    }
  }

  async makeDirectory(path: string): Promise<void> {
    const { isCached } = await this.#services.call({ op: "mkdir", path });
    await this.#changed(isCached);
  }

  async rename(
    path: string,
    to: string,
    { replaces = "nothing" }: { replaces?: "nothing" | "anything" } = {},
  ): Promise<void> {
    const { isCached } = await this.#services.call({ op: "rename", path, to, replaces });
    await this.#changed(isCached);
  }

  remove(
    path: string,
    { signal, onRemoved }: Long & { onRemoved?(names: number): void } = {},
  ): Promise<number> {
    return this.together(async () => {
      for (let total = 0; ; ) {
        signal?.throwIfAborted();
        const { removed, isDone, isCached } = await this.#services.call({ op: "remove", path });
        total += removed;
        await this.#changed(isCached);
        onRemoved?.(removed);
        if (isDone) return total;
      }
    });
  }

  async together<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#batches += 1;
    try {
      return await work();
    } finally {
      this.#batches -= 1;
      if (this.#batches === 0) this.#synced = undefined;
      if (this.#batches === 0 && this.#untold) await this.#tell();
    }
  }

  /** What is there, when the guest has written back what it holds of it. */
  async #look(path: string, follow: boolean): Promise<FileStatus> {
    const { call } = this.#services;
    const { status, isCached } = await call({ op: "stat", path, follow });
    if (!isCached) return status;
    await this.#writeBack();
    return (await call({ op: "stat", path, follow })).status;
  }

  #writeBack(): Promise<void> {
    const { syncGuest } = this.#services;
    if (this.#batches === 0) return syncGuest({ forget: false });
    this.#synced ??= syncGuest({ forget: false });
    return this.#synced;
  }

  async #changed(isCached: boolean): Promise<void> {
    if (!isCached) return;
    this.#untold = true;
    if (this.#batches === 0) await this.#tell();
  }

  async #tell(): Promise<void> {
    this.#untold = false;
    await this.#services.syncGuest({ forget: true });
  }
}

/** @throws TabnixError `not-found` */
async function bytesOf(path: string, piece: Blob): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await piece.arrayBuffer());
  } catch (error) {
    throw new TabnixError(
      "not-found",
      `What was to become ${path} can no longer be read.`,
      "It was moved, changed or deleted on your computer. Choose it again.",
      error,
    );
  }
}
