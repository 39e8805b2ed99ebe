/** The machine's firmware. v86 comes without one; Debian's SeaBIOS is what it is tested with. */
import type { DebianArchive } from "../debian/archive.ts";
import type { DebianPackage } from "../debian/packages.ts";
import { needPackage, readPackagedFile } from "./package.ts";

/** The firmware, and the package it is from. */
export interface Bios {
  bytes: Uint8Array;
  package: DebianPackage;
}

/**
 * Takes `bios.bin` from Debian's seabios. No VGA firmware is needed: the guest has serial lines.
 *
 * @throws TabnixError as {@link DebianArchive.download}, and `not-found`
 */
export async function fetchBios(archive: DebianArchive): Promise<Bios> {
  const entry = needPackage(archive, "seabios");
  const bytes = await readPackagedFile(archive, entry, "/usr/share/seabios/bios.bin");
  return { bytes, package: entry };
}
