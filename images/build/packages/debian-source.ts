/** The files of a Debian source package, as its authors released them: the "orig" tarball. */
import { basename } from "node:path/posix";
import type { Cache } from "../cache.ts";
import { mirrorAddress } from "../debian/mirror.ts";
import type { Origin } from "../fetch.ts";
import type { Progress } from "../progress.ts";
import { type PackageFiles, readTarball } from "./tarball.ts";

/** A tarball of a Debian mirror. */
export interface SourceReference {
  /** Its path on the mirror, "pool/main/h/hello/hello_2.12.orig.tar.gz". */
  path: string;
  /** Subresource Integrity, "sha512-" and base64. */
  integrity: string;
}

const MIRROR: Origin = {
  name: "mirror",
  vouched: "the SHA-512 that the recipe states as its integrity",
  hints: {
    unreachable: "Check the network and DEBIAN_MIRROR, then run the same command again.",
    notFound: "Debian has moved on: name a source that it has now in the recipe.",
    corrupt: "Nothing was written. Check the recipe: a source's tarball never changes.",
  },
};

/**
 * The files of a source, from the cache or fetched.
 *
 * @param mirror asked for the address only if there is something to fetch
 * @throws TabnixError those of {@link readTarball}, and `missing-tool` without a mirror
 */
export async function readDebianSource(
  { path, integrity }: SourceReference,
  cache: Cache,
  progress: Progress,
  mirror: () => string = mirrorAddress,
): Promise<PackageFiles> {
  const name = basename(path);
  const tarball = {
    label: `${name} from Debian`,
    name,
    integrity,
    address: async () => `${mirror()}/${path}`,
    origin: MIRROR,
  };
  return await readTarball(tarball, cache, progress);
}
