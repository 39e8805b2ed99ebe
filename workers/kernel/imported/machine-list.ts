/** The imported machines that this browser keeps: pages list and remove them, kernel workers add to them. */
import { TabnixError } from "../../shared/errors.ts";
import { ImportedImage, type ImportedSummary } from "../../shared/imported-image.ts";
import { DiskLock } from "../disk/disk-lock.ts";
import { removeDisk } from "../disk/open-disk.ts";

export interface ImportedMachine extends ImportedSummary {
  /** What its image is called. */
  image: string;
}

/** The disk of an imported machine. No image of a site has a name that begins with a dot. */
export function importedDisk(image: string): string {
  return `.${image.replace(":", "-")}`;
}

/** Those that are complete, the newest first; none where the browser keeps nothing. */
export async function listMachines(): Promise<ImportedMachine[]> {
  const machines: ImportedMachine[] = [];
  for (const image of await names()) {
    const found = await ImportedImage.find(image);
    const summary = (await found?.manifest()) === undefined ? undefined : await found?.summary();
    if (summary) machines.push({ image, made: summary.made, bytes: summary.bytes });
  }
  return machines.sort((a, b) => b.made - a.made);
}

/**
 * Removes a machine, its files and its image.
 *
 * @throws TabnixError `busy` while it runs in some tab
 */
export async function removeMachine(image: string): Promise<void> {
  const lock = await lockOf(image);
  if (!lock) throw runs(image);
  try {
    // If the rest does not happen, it is not there all the same: see removeUnfinished.
    await (await ImportedImage.find(image))?.retire();
    await removeDisk(importedDisk(image));
    await ImportedImage.remove(image);
  } finally {
    lock.release();
  }
}

/** Removes what imports have left that a crash has ended, unless they are under way in another tab. */
export async function removeUnfinished(): Promise<void> {
  for (const image of await names()) {
    const found = await ImportedImage.find(image);
    if ((await found?.manifest()) === undefined) await removeMachine(image).catch(() => {});
  }
}

async function names(): Promise<string[]> {
  return ImportedImage.names().catch(() => []);
}

function lockOf(image: string): Promise<DiskLock | undefined> {
  const nobody = () => {};
  return DiskLock.acquire(importedDisk(image), { take: false, onAsked: nobody, onLost: nobody });
}

function runs(image: string): TabnixError {
  return new TabnixError(
    "busy",
    `The machine ${image} runs in a tab.`,
    "Close that tab, then remove the machine.",
  );
}
