/** A disk's files in the origin private file system, through synchronous access handles: workers only. */
import { type DiskFile, type DiskFolder, DiskFullError } from "./disk-file.ts";
import { RecentBlocks } from "./recent-blocks.ts";

const FOLDER = "tabnix-disks";
const PROBE = "probe";

/** FileSystemSyncAccessHandle (File System Standard): TypeScript knows it in workers' own library only. */
interface SyncAccessHandle {
  read(target: Uint8Array, options: { at: number }): number;
  write(source: Uint8Array, options: { at: number }): number;
  truncate(size: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
}

interface WorkerFileHandle extends FileSystemFileHandle {
  createSyncAccessHandle(): Promise<SyncAccessHandle>;
}

export class OpfsFolder implements DiskFolder {
  private readonly folder: FileSystemDirectoryHandle;

  private constructor(folder: FileSystemDirectoryHandle) {
    this.folder = folder;
  }

  /**
   * The folder of a disk, made if it is not there.
   *
   * @throws whatever the browser throws where it has no such file system, or none for this page
   */
  static async find(disk: string): Promise<OpfsFolder> {
    if (!("createSyncAccessHandle" in FileSystemFileHandle.prototype)) {
      throw new DOMException("no handles for workers", "NotSupportedError");
    }
    const root = await navigator.storage.getDirectory();
    const disks = await root.getDirectoryHandle(FOLDER, { create: true });
    return new OpfsFolder(await disks.getDirectoryHandle(disk, { create: true }));
  }

  /**
   * Opens a file, and removes it.
   *
   * @throws DOMException where browsers have the file system, but no handles for workers (WebKitGTK)
   */
  async tryOut(): Promise<void> {
    const file = await this.open(PROBE);
    file.close();
    await this.folder.removeEntry(PROBE);
  }

  /** Removes a disk, if it is there. @throws DOMException where there is no such file system; while it is open */
  static async remove(disk: string): Promise<void> {
    const root = await navigator.storage.getDirectory();
    const disks = await root.getDirectoryHandle(FOLDER, { create: true });
    await disks.removeEntry(disk, { recursive: true }).catch((error) => {
      if (!(error instanceof DOMException && error.name === "NotFoundError")) throw error;
    });
  }

  /** @throws DOMException NoModificationAllowedError while somebody else has it open */
  async open(name: string): Promise<DiskFile> {
    const handle = await this.folder.getFileHandle(name, { create: true });
    const opened = await (handle as WorkerFileHandle).createSyncAccessHandle();
    return new RecentBlocks(new OpfsFile(opened));
  }
}

class OpfsFile implements DiskFile {
  size: number;
  private readonly handle: SyncAccessHandle;

  constructor(handle: SyncAccessHandle) {
    this.handle = handle;
    this.size = handle.getSize();
  }

  read(offset: number, target: Uint8Array): number {
    return this.handle.read(target, { at: offset });
  }

  write(offset: number, source: Uint8Array): void {
    const options = { at: offset };
    const written = fullWhenRefused(() => this.handle.write(source, options));
    this.size = Math.max(this.size, offset + written);
    if (written < source.length) throw new DiskFullError();
  }

  truncate(size: number): void {
    fullWhenRefused(() => this.handle.truncate(size));
    this.size = size;
  }

  flush(): void {
    fullWhenRefused(() => this.handle.flush());
  }

  close(): void {
    this.handle.close();
  }
}

function fullWhenRefused<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const isFull = error instanceof DOMException && error.name === "QuotaExceededError";
    throw isFull ? new DiskFullError(error.message) : error;
  }
}
