/** Single packages of Debian that are needed for their files, not installed in the guest. */
import { TabnixError } from "../../../workers/shared/errors.ts";
import type { DebianArchive } from "../debian/archive.ts";
import { type Deb, openDebFile } from "../debian/deb.ts";
import type { DebianPackage } from "../debian/packages.ts";

/**
 * The newest package of this name.
 *
 * @throws TabnixError `not-found`
 */
export function needPackage(archive: DebianArchive, name: string): DebianPackage {
  const found = archive.find(name);
  if (found) return found;
  throw new TabnixError("not-found", `Debian ${archive.release.codename} has no package ${name}.`);
}

/** Downloads a package, if it is not cached, and opens it. */
export async function openPackage(archive: DebianArchive, entry: DebianPackage): Promise<Deb> {
  const paths = await archive.download([entry]);
  return await openDebFile(paths.get(entry) ?? "");
}

/**
 * The contents of one file of a package.
 *
 * @param path absolute
 * @throws TabnixError `not-found`
 */
export async function readPackagedFile(
  archive: DebianArchive,
  entry: DebianPackage,
  path: string,
): Promise<Uint8Array> {
  const deb = await openPackage(archive, entry);
  for await (const file of deb.data()) {
    if (file.path === path && file.type === "file") return file.bytes;
  }
  throw new TabnixError("not-found", `${entry.name} ${entry.version} has no ${path}.`);
}
