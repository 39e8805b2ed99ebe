/** The signed root of a Debian archive: InRelease, and what it vouches for. */
import { type Key, readCleartextMessage, readKeys, verify } from "openpgp";
import { TabnixError } from "../../../workers/shared/errors.ts";
import { parseStanza } from "./deb822.ts";
import type { Expected } from "./fetch.ts";

/** A Release file. */
export interface Release {
  /** "stable" and "trixie". */
  suite: string;
  codename: string;
  /** The point release, "13.7"; empty for suites that have none. */
  version: string;
  date: Date;
  /** After this the file must not be used; Debian's main stable archive states none. */
  validUntil?: Date;
  /** Every index, by its path below dists/<suite>/. */
  files: ReadonlyMap<string, Expected>;
}

/** Clocks differ: a Release file may be from so far in the future. */
const CLOCK_TOLERANCE_MILLISECONDS = 24 * 60 * 60 * 1000;

/**
 * The keys in an OpenPGP keyring that are pinned, by the full fingerprint of the primary key. All
 * others are ignored.
 *
 * @param keyring binary, as in /usr/share/keyrings of the package debian-archive-keyring
 */
export async function pinnedKeys(
  keyring: Uint8Array,
  pinned: ReadonlyMap<string, string>,
): Promise<Key[]> {
  const keys = await readKeys({ binaryKeys: keyring });
  return keys.filter((key) => pinned.has(key.getFingerprint()));
}

/**
 * Checks the signature of an InRelease file and returns the text that is signed, and nothing else of
 * the file. It may carry signatures by keys that are not known here; one by a given key, or by a
 * subkey which that key vouches for, is enough.
 *
 * @throws TabnixError `untrusted`
 */
export async function verifyClearsigned(
  inRelease: string,
  keys: Key[],
  where: string,
  now = new Date(),
): Promise<string> {
  try {
    const message = await readCleartextMessage({ cleartextMessage: inRelease });
    const { data, signatures } = await verify({ message, verificationKeys: keys, date: now });
    await Promise.any(signatures.map((signature) => signature.verified));
    return data;
  } catch (error) {
    throw new TabnixError(
      "untrusted",
      `${where} has no valid signature by a pinned key of Debian.`,
      "Check DEBIAN_MIRROR and this machine's clock. Nothing of this mirror has been used.",
      error,
    );
  }
}

/**
 * Reads the text of a Release file, which the caller has verified.
 *
 * @param suite the suite or codename that was asked for
 * @throws TabnixError `untrusted` if it is another suite's or from the future, `expired` if it is past
 * its Valid-Until, `malformed`
 */
export function parseRelease(
  text: string,
  suite: string,
  where: string,
  now = new Date(),
): Release {
  const fields = parseStanza(text);
  const field = (name: string) => fields.get(name) ?? "";
  const date = parseDate(field("Date"), where);
  if (suite !== field("Suite") && suite !== field("Codename")) {
    throw new TabnixError(
      "untrusted",
      `${where} belongs to the suite ${field("Suite")} (${field("Codename")}), not to ${suite}.`,
      "The mirror is damaged or hostile: set DEBIAN_MIRROR to another.",
    );
  }
  if (date.getTime() > now.getTime() + CLOCK_TOLERANCE_MILLISECONDS) {
    throw new TabnixError(
      "untrusted",
      `${where} is dated ${date.toISOString()}, which is in the future.`,
      "Check this machine's clock.",
    );
  }
  const validUntil = fields.has("Valid-Until") ? parseDate(field("Valid-Until"), where) : undefined;
  if (validUntil !== undefined && validUntil < now) {
    throw new TabnixError(
      "expired",
      `${where} was valid until ${validUntil.toISOString()}.`,
      "The mirror is out of date: try again later, set DEBIAN_MIRROR to another, or check the clock.",
    );
  }
  return {
    suite: field("Suite"),
    codename: field("Codename"),
    version: field("Version"),
    date,
    ...(validUntil === undefined ? {} : { validUntil }),
    files: parseFiles(field("SHA256")),
  };
}

function parseDate(text: string, where: string): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) {
    throw new TabnixError("malformed", `${where} has the unreadable date ${JSON.stringify(text)}.`);
  }
  return date;
}

/** Lines of hash, length and path. */
function parseFiles(text: string): Map<string, Expected> {
  return new Map(
    text.split("\n").flatMap((line) => {
      const match = /^\s*([0-9a-f]{64})\s+([0-9]+)\s+(\S+)$/.exec(line);
      if (!match) return [];
      const [, sha256 = "", size = "", path = ""] = match;
      return [[path, { sha256, size: Number(size) }] as const];
    }),
  );
}
