/** The files of one exact version of an npm package. Nothing of it is installed or executed. */
import type { Cache } from "../cache.ts";
import type { Origin } from "../fetch.ts";
import type { Progress } from "../progress.ts";
import { tarballAddress } from "./registry.ts";
import { type PackageFiles, readTarball } from "./tarball.ts";

/** An exact version, with the hash of its tarball. */
export interface PackageReference {
  /** "@scope/name" or "name". */
  name: string;
  version: string;
  /** Subresource Integrity, "sha512-" and base64. */
  integrity: string;
}

const REGISTRY: Origin = {
  name: "npm registry",
  vouched: "the SHA-512 that the recipe states as its integrity",
  hints: {
    unreachable: "Check the network and npm's registry, then run the same command again.",
    notFound: "Check the package's name and version in the recipe.",
    corrupt: "Nothing was written. Check the recipe: a version's tarball never changes.",
  },
};

/**
 * The files of a package, from the cache or fetched. What is cached is checked again.
 *
 * @param registry asked for the address only if there is something to fetch
 * @throws TabnixError `not-found`, `unreachable`, `corrupt` if it is not what the recipe pins,
 * `malformed` if it is no tarball
 */
export async function readPackage(
  reference: PackageReference,
  cache: Cache,
  progress: Progress,
  registry: () => Promise<string>,
): Promise<PackageFiles> {
  const { name, version, integrity } = reference;
  const tarball = {
    label: `${name} ${version} from npm`,
    name: `${name}-${version}.tgz`,
    integrity,
    address: async () => tarballAddress(await registry(), name, version),
    origin: REGISTRY,
  };
  return await readTarball(tarball, cache, progress);
}
