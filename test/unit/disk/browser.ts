/** What a browser gives the kernel workers of several tabs: locks, and files that one at a time may open. */
import { vi } from "vitest";
import type { DiskFile } from "../../../workers/kernel/disk/disk-file.ts";
import { MemoryFolder } from "./memory-folder.ts";

/** Web Locks, exclusive ones, as far as DiskLock uses them. */
class Locks {
  private readonly held = new Map<string, (reason: unknown) => void>();
  private readonly waiting: { name: string; grant: () => void }[] = [];

  request(
    name: string,
    { ifAvailable = false, steal = false, signal }: LockOptions,
    use: (lock: Lock | null) => Promise<void> | undefined,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const grant = () => {
        this.held.set(name, reject);
        Promise.resolve(use({ name, mode: "exclusive" })).then((value) => {
          if (this.held.get(name) === reject) this.next(name);
          resolve(value);
        }, reject);
      };
      const holder = this.held.get(name);
      if (!holder || steal) {
        grant();
        holder?.(new DOMException("stolen", "AbortError"));
      } else if (ifAvailable) {
        resolve(use(null));
      } else {
        const entry = { name, grant };
        this.waiting.push(entry);
        signal?.addEventListener("abort", () => {
          const at = this.waiting.indexOf(entry);
          if (at >= 0) this.waiting.splice(at, 1);
          reject(signal.reason);
        });
      }
    });
  }

  private next(name: string): void {
    this.held.delete(name);
    const at = this.waiting.findIndex((entry) => entry.name === name);
    const [entry] = at < 0 ? [] : this.waiting.splice(at, 1);
    entry?.grant();
  }
}

/** One disk in the origin private file system. */
export class PrivateFiles {
  readonly folder = new MemoryFolder();
  /** Names of files that have a handle. */
  readonly open = new Set<string>();
  /** Called when a handle is asked for. */
  onOpen: (name: string) => void = () => {};

  async handle(name: string): Promise<object> {
    this.onOpen(name);
    if (this.open.has(name)) throw new DOMException(name, "NoModificationAllowedError");
    this.open.add(name);
    return accessHandle(await this.folder.open(name), () => this.open.delete(name));
  }
}

function accessHandle(file: DiskFile, onClose: () => void): object {
  return {
    read: (target: Uint8Array, { at }: { at: number }) => file.read(at, target),
    write: (source: Uint8Array, { at }: { at: number }) => {
      file.write(at, source);
      return source.length;
    },
    truncate: (size: number) => file.truncate(size),
    getSize: () => file.size,
    flush: () => file.flush(),
    close: onClose,
  };
}

/** Gives the test what the kernel worker of each tab has; end it with `vi.unstubAllGlobals()`. */
export function stubBrowser(): PrivateFiles {
  const files = new PrivateFiles();
  const disk = {
    getFileHandle: async (name: string) => ({ createSyncAccessHandle: () => files.handle(name) }),
    removeEntry: async (name: string) => files.folder.remove(name),
  };
  const directory = {
    getDirectoryHandle: async (name: string) => (name === "tabnix-disks" ? directory : disk),
  };
  const storage = {
    getDirectory: async () => directory,
    estimate: async () => ({ quota: 2 ** 30, usage: 0 }),
  };
  vi.stubGlobal("navigator", { locks: new Locks(), storage });
  vi.stubGlobal(
    "FileSystemFileHandle",
    class {
      createSyncAccessHandle() {}
    },
  );
  return files;
}
