/**
 * Debian's public keys, on machines that have no Debian keyring: taken from the mirror's own package
 * debian-archive-keyring. Nothing vouches for that package when it is fetched, and nothing needs to:
 * only keys whose full fingerprint is pinned in keys.ts are kept.
 */
import type { Key } from "openpgp";
import { TabnixError } from "../../../workers/shared/errors.ts";
import type { Cache } from "../cache.ts";
import { openDebFile } from "./deb.ts";
import { fetchFile } from "./fetch.ts";
import type { DebianPackage } from "./packages.ts";
import { pinnedKeys } from "./release.ts";
import { compareVersions } from "./version.ts";

const PACKAGE = "debian-archive-keyring";
/** .gpg until Debian 12, .pgp since. */
const KEYRING = /^\/usr\/share\/keyrings\/debian-archive-keyring\.(gpg|pgp)$/;
const MAX_PACKAGE_BYTES = 4 * 1024 * 1024;

/**
 * The pinned keys, from the cache or from the mirror.
 *
 * @param pinned fingerprints of the keys that are wanted
 * @param readIndex reads the mirror's index of packages; called only if the keys are not cached
 * @throws TabnixError `untrusted` if the mirror has none of the pinned keys
 */
export async function loadKeys(
  mirror: string,
  cache: Cache,
  pinned: ReadonlyMap<string, string>,
  readIndex: () => Promise<DebianPackage[]>,
): Promise<Key[]> {
  const cached = "debian/keyring.pgp";
  const known = await cache.read(cached);
  const knownKeys = known === undefined ? [] : await pinnedKeys(known, pinned);
  if (knownKeys.length === pinned.size) return knownKeys;

  const keyring = await fetchKeyring(mirror, cache, await readIndex());
  const keys = await pinnedKeys(keyring, pinned);
  if (keys.length === 0) {
    throw new TabnixError(
      "untrusted",
      `The package ${PACKAGE} of ${mirror} has none of the pinned keys.`,
      "Set DEBIAN_MIRROR to another mirror.",
    );
  }
  await cache.write(cached, Buffer.concat(keys.map((key) => key.write())));
  return keys;
}

async function fetchKeyring(
  mirror: string,
  cache: Cache,
  index: readonly DebianPackage[],
): Promise<Uint8Array> {
  const [newest] = index
    .filter(({ name, size }) => name === PACKAGE && size <= MAX_PACKAGE_BYTES)
    .sort((a, b) => compareVersions(b.version, a.version));
  if (newest !== undefined) {
    const relative = `debian/keyrings/${newest.sha256}.deb`;
    await fetchFile(`${mirror}/${newest.filename}`, newest, cache, relative, () => {});
    const { data } = await openDebFile(cache.path(relative));
    let keyring: Uint8Array | undefined;
    // To the end: the tar reader does not take kindly to being left early.
    for await (const { path, type, bytes } of data()) {
      if (type === "file" && KEYRING.test(path)) keyring ??= bytes;
    }
    if (keyring) return keyring;
  }
  throw new TabnixError("untrusted", `${mirror} has no usable package ${PACKAGE}.`);
}
