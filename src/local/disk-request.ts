import type { DiskRequest } from "../../workers/kernel/contract.ts";
import { importedDisk } from "../../workers/kernel/imported/machine-list.ts";
import { sha256Hex } from "../../workers/shared/hash.ts";
import { isImportedImage } from "../../workers/shared/image-name.ts";
import type { ComputerOptions } from "../computer.ts";

/** Digits of a hash that tell the sites of one origin apart. */
const DIGITS = 8;

/**
 * The disk of a computer: one for each image of each site, and for each imported machine. Undefined when
 * nothing is to be saved.
 */
export async function diskOf(options: ComputerOptions): Promise<DiskRequest | undefined> {
  const { image, imagesUrl, files = "saved" } = options;
  if (files === "unsaved") return undefined;
  const name = isImportedImage(image) ? importedDisk(image) : await siteDisk(image, imagesUrl);
  return { name, take: files !== "saved", erase: files === "erased" };
}

async function siteDisk(image: string, imagesUrl: string): Promise<string> {
  const site = await sha256Hex(new TextEncoder().encode(imagesUrl));
  return `${image}-${site.slice(0, DIGITS)}`;
}
