import type { DiskRequest } from "../../workers/kernel/contract.ts";
import { sha256Hex } from "../../workers/shared/hash.ts";
import type { ComputerOptions } from "../computer.ts";

/** Digits of a hash that tell the sites of one origin apart. */
const DIGITS = 8;

/** The disk of a computer: one for each image of each site. Undefined when nothing is to be saved. */
export async function diskOf(options: ComputerOptions): Promise<DiskRequest | undefined> {
  const { image, imagesUrl, files = "saved" } = options;
  if (files === "unsaved") return undefined;
  const site = await sha256Hex(new TextEncoder().encode(imagesUrl));
  const name = `${image}-${site.slice(0, DIGITS)}`;
  return { name, take: files !== "saved", erase: files === "erased" };
}
