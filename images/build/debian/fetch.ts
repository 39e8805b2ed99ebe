/** Downloads from a Debian mirror: their hashes and lengths are those of Debian's index. */
import type { Cache } from "../cache.ts";
import { fetchFile as fetchAny, fetchText as fetchAnyText, type Origin } from "../fetch.ts";

/** What a file must be. */
export interface Expected {
  /** Lower-case hex. */
  sha256: string;
  size: number;
}

/** For documents whose length nothing vouches for yet. An InRelease file has some 150 KB. */
const MAX_UNVERIFIED_BYTES = 16 * 1024 * 1024;

const MIRROR: Origin = {
  name: "mirror",
  vouched: "the SHA-256 that Debian's index states",
  hints: {
    unreachable:
      "Check the network and DEBIAN_MIRROR, then run the same command again: it resumes.",
    notFound: "If Debian has just released an update, run the command again with --refresh.",
    corrupt: "Try again; if it stays so, the mirror is damaged: set DEBIAN_MIRROR to another.",
  },
};

/**
 * Fetches a small document of unknown length.
 *
 * @throws TabnixError `not-found`, `unreachable`, or `corrupt` if it is far too long
 */
export async function fetchText(url: string): Promise<string> {
  return await fetchAnyText(url, MAX_UNVERIFIED_BYTES, MIRROR);
}

/**
 * Fetches a file of known hash and length into the cache. It gets its name only when both are right.
 *
 * @param relative its path in the cache
 * @param advance told of every piece that arrives
 * @throws TabnixError `not-found`, `unreachable`, or `corrupt` if length or hash are wrong
 */
export async function fetchFile(
  url: string,
  { sha256, size }: Expected,
  cache: Cache,
  relative: string,
  advance: (bytes: number) => void,
): Promise<void> {
  const expected = { algorithm: "sha256", digest: sha256, size, maxBytes: size } as const;
  await fetchAny(url, expected, cache, relative, advance, MIRROR);
}
