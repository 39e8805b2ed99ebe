/**
 * Which release of a suite is used: the newest that is signed and that the mirror has as a whole.
 *
 * Mirrors change file by file. For hours after a point release one may state the new release and still
 * have the indexes of the one before it, which is then whole under another name of the suite ("stable" of
 * "trixie"), or in the cache. Such a release is as well signed as the new one, and a mirror that wants to
 * keep a new one away can do so anyway; it is never older than what was used before.
 */
import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { TabnixError } from "../../../workers/shared/errors.ts";
import type { Cache } from "../cache.ts";
import type { Progress } from "../progress.ts";
import { fetchText } from "./fetch.ts";
import { parseRelease, type Release } from "./release.ts";

/** Where releases are found, and what is done with them. */
export interface ReleaseSource<Content> {
  /** The suite or codename that is asked for. */
  suite: string;
  /** The base address of the mirror. */
  mirror: string;
  /** Ask the mirror even if it was asked within a day. */
  refresh: boolean;
  cache: Cache;
  progress: Progress;
  /**
   * Checks the signature of an InRelease file.
   *
   * @param unverified what it says, of which nothing may be believed but where the keys are
   * @returns the text that is signed
   */
  verify(text: string, address: string, unverified: Release): Promise<string>;
  /**
   * Reads the indexes of a release.
   *
   * @throws TabnixError `corrupt` or `not-found` when the mirror has them not
   */
  read(release: Release): Promise<Content>;
}

export interface OpenedRelease<Content> {
  release: Release;
  content: Content;
}

const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;
/** A name that may be part of an address. */
const SUITE_NAME = /^[a-z][a-z0-9-]*$/;

/**
 * The mirror is asked once a day; in between, and whenever it cannot be reached, the cached release is used
 * as long as its signature and dates hold.
 *
 * @throws TabnixError `unreachable`, `untrusted`, `expired`, `corrupt`, `not-found`, `malformed`
 */
export async function openRelease<Content>(
  source: ReleaseSource<Content>,
): Promise<OpenedRelease<Content>> {
  const { suite, mirror, cache, progress } = source;
  const address = addressOf(mirror, suite);
  const path = `debian/releases/${fingerprint(mirror)}/${suite}.InRelease`;
  const stored = await cache.read(path);
  const knownText = stored && Buffer.from(stored).toString("utf8");
  const open = async (release: Release) => ({ release, content: await source.read(release) });
  const isFresh = knownText !== undefined && (await isOfToday(cache.path(path)));
  if (isFresh && !source.refresh) return await open(await verified(source, knownText, address));

  let text: string;
  try {
    text = await fetchText(address);
  } catch (error) {
    const isOffline = error instanceof TabnixError && error.code === "unreachable";
    if (!isOffline || knownText === undefined) throw error;
    progress.note(`${error.message} The copy in the cache is used.`);
    return await open(await verified(source, knownText, address));
  }
  try {
    const release = await verified(source, text, address);
    // A mirror that is behind, or one that keeps security updates away by an old, well-signed file.
    const known = knownText && (await verified(source, knownText, address).catch(() => undefined));
    if (known && known.date > release.date) {
      progress.note(`${address} is older than the copy in the cache, which is used.`);
      return await open(known);
    }
    const opened = await open(release);
    await cache.write(path, text);
    return opened;
  } catch (error) {
    if (!isIncomplete(error)) throw error;
    const earlier = await openEarlier(source, text, knownText);
    if (!earlier) throw error;
    const { opened, text: usedText } = earlier;
    progress.note(
      `${address} has not yet all of its release. ${opened.release.version || "One"} of ${opened.release.date.toISOString().slice(0, 10)} is used.`,
    );
    await cache.write(path, usedText);
    return opened;
  }
}

/** The newest of the other releases that can be had, if there is one. */
async function openEarlier<Content>(
  source: ReleaseSource<Content>,
  current: string,
  knownText: string | undefined,
): Promise<{ opened: OpenedRelease<Content>; text: string } | undefined> {
  const { suite, mirror } = source;
  const stated = parseRelease(clearsignedBody(current), suite, addressOf(mirror, suite));
  const others = [stated.suite, stated.codename].filter(
    (name) => name !== suite && SUITE_NAME.test(name),
  );
  const found = new Map<string, Release>();
  for (const name of [suite, ...others]) {
    const address = addressOf(mirror, name);
    const text = name === suite ? knownText : await fetchText(address).catch(() => undefined);
    if (text === undefined || text === current) continue;
    const release = await verified(source, text, address).catch(() => undefined);
    if (release) found.set(text, release);
  }
  const known = found.get(knownText ?? "");
  const usable = [...found]
    .filter(([, release]) => !known || release.date >= known.date)
    .sort(([, one], [, other]) => other.date.getTime() - one.date.getTime());
  for (const [text, release] of usable) {
    try {
      return { opened: { release, content: await source.read(release) }, text };
    } catch (error) {
      if (!isIncomplete(error)) throw error;
    }
  }
  return undefined;
}

async function verified<Content>(
  { suite, verify }: ReleaseSource<Content>,
  text: string,
  address: string,
): Promise<Release> {
  const unverified = parseRelease(clearsignedBody(text), suite, address);
  return parseRelease(await verify(text, address, unverified), suite, address);
}

/** The text of a clearsigned message without a look at its signature. */
function clearsignedBody(message: string): string {
  const start = message.indexOf("\n\n") + 2;
  return message.slice(start, message.indexOf("\n-----BEGIN PGP SIGNATURE-----"));
}

function isIncomplete(error: unknown): boolean {
  return error instanceof TabnixError && (error.code === "corrupt" || error.code === "not-found");
}

function addressOf(mirror: string, suite: string): string {
  return `${mirror}/dists/${suite}/InRelease`;
}

async function isOfToday(path: string): Promise<boolean> {
  return Date.now() - (await stat(path)).mtimeMs < DAY_MILLISECONDS;
}

function fingerprint(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
