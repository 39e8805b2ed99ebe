/** Imported machines in memory, as a browser keeps them: see workers/kernel/imported/browser-machines.ts. */
import type { OpenDisk } from "../../../workers/kernel/disk/open-disk.ts";
import { alreadyHere } from "../../../workers/kernel/transfer/failures.ts";
import type { Machines, NewMachine } from "../../../workers/kernel/transfer/machines.ts";
import type { ImportedSummary } from "../../../workers/shared/imported-image.ts";
import { MemoryFolder } from "../disk/memory-folder.ts";
import { start } from "../disk/support.ts";

export interface KeptMachine {
  base: string;
  folder: MemoryFolder;
  /** Frames by SHA-256. */
  objects: Map<string, Uint8Array>;
  /** When it is complete. */
  manifest?: string;
  summary?: ImportedSummary;
}

export class MemoryMachines implements Machines {
  /** Also those that are not complete. */
  readonly kept = new Map<string, KeptMachine>();
  /** Bytes that are left for objects, and those that are told of. */
  room = Number.POSITIVE_INFINITY;
  told = Number.POSITIVE_INFINITY;

  async has(image: string): Promise<boolean> {
    return this.kept.get(image)?.manifest !== undefined;
  }

  async freeBytes(): Promise<number> {
    return this.told;
  }

  async begin(image: string, base: string): Promise<NewMachine> {
    if (await this.has(image)) throw alreadyHere(image);
    const machine: KeptMachine = { base, folder: new MemoryFolder(), objects: new Map() };
    this.kept.set(image, machine);
    return {
      disk: await emptyDisk(machine),
      keep: async (sha256, frame) => {
        this.room -= frame.length;
        if (this.room < 0) throw new DOMException("no room", "QuotaExceededError");
        machine.objects.set(sha256, frame.slice());
      },
      complete: async (manifest, summary) => {
        Object.assign(machine, { manifest, summary });
      },
      close: async () => {
        if (machine.manifest === undefined) this.kept.delete(image);
      },
    };
  }
}

async function emptyDisk({ base, folder }: KeptMachine): Promise<OpenDisk> {
  const { disk } = await start(folder, { base, begins: false });
  const unused = async (): Promise<never> => {
    throw new Error("a new machine's disk is closed, and no more");
  };
  return {
    overlay: disk,
    storage: "opfs",
    saveIndex: unused,
    loadIndex: unused,
    reopen: unused,
    release: () => {},
  };
}
