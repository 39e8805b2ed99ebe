/** Adds machines to those that this browser keeps. */
import { ImportedImage, type ImportedSummary } from "../../shared/imported-image.ts";
import { freeBytes, type OpenDisk, openDisk, removeDisk } from "../disk/open-disk.ts";
import { alreadyHere, nowhere } from "../transfer/failures.ts";
import type { Machines, NewMachine } from "../transfer/machines.ts";
import { importedDisk, removeUnfinished } from "./machine-list.ts";

export const browserMachines: Machines = { has, freeBytes, begin };

async function has(image: string): Promise<boolean> {
  try {
    return (await (await ImportedImage.find(image))?.manifest()) !== undefined;
  } catch (error) {
    throw nowhere(error);
  }
}

async function begin(image: string, base: string): Promise<NewMachine> {
  if (await has(image)) throw alreadyHere(image);
  await removeUnfinished();
  const name = importedDisk(image);
  const request = { name, take: false, erase: true };
  // Nobody asks for the disk of a machine that is not there yet; what fails is told when it is complete.
  const nobody = () => {};
  const handlers = { onFailure: nobody, onAsked: nobody, onLost: nobody };
  const disk = await openDisk(request, base, handlers);
  if (!disk) throw nowhere();
  try {
    return new BrowserMachine(image, disk, await ImportedImage.create(image));
  } catch (error) {
    disk.overlay.close();
    await removeDisk(name);
    disk.release();
    throw nowhere(error);
  }
}

class BrowserMachine implements NewMachine {
  readonly disk: OpenDisk;
  private readonly name: string;
  private readonly image: ImportedImage;
  private isComplete = false;

  constructor(name: string, disk: OpenDisk, image: ImportedImage) {
    this.name = name;
    this.disk = disk;
    this.image = image;
  }

  readonly keep = (sha256: string, frame: Uint8Array): Promise<void> =>
    this.image.put(sha256, frame);

  async complete(manifest: string, summary: ImportedSummary): Promise<void> {
    await this.image.complete(manifest, summary);
    this.isComplete = true;
  }

  async close(): Promise<void> {
    this.disk.overlay.close();
    if (!this.isComplete) {
      await ImportedImage.remove(this.name);
      await removeDisk(importedDisk(this.name));
    }
    this.disk.release();
  }
}
