/** Downloads: bounded, retried, and written to the cache only when whole and right. */
import { createHash } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { TabnixError } from "../../../workers/shared/errors.ts";
import type { Cache } from "../cache.ts";

/** What a file must be. */
export interface Expected {
  /** Lower-case hex. */
  sha256: string;
  size: number;
}

const ATTEMPTS = 3;
/** A connection on which nothing arrives for so long is given up. */
const STALL_MILLISECONDS = 30_000;
/** For documents whose length nothing vouches for yet. An InRelease file has some 150 KB. */
const MAX_UNVERIFIED_BYTES = 16 * 1024 * 1024;

/**
 * Fetches a small document of unknown length.
 *
 * @throws TabnixError `not-found`, `unreachable`
 */
export async function fetchText(url: string): Promise<string> {
  return await retried(async () => {
    const parts: Uint8Array[] = [];
    for await (const part of pieces(url, MAX_UNVERIFIED_BYTES)) parts.push(part);
    return Buffer.concat(parts).toString("utf8");
  });
}

/**
 * Fetches a file of known hash and length into the cache. The bytes go to a temporary file and get
 * their name only when the hash is right.
 *
 * @param relative its path in the cache
 * @param advance told of every piece that arrives
 * @throws TabnixError `not-found`, `unreachable`, or `corrupt` if length or hash are wrong
 */
export async function fetchFile(
  url: string,
  expected: Expected,
  cache: Cache,
  relative: string,
  advance: (bytes: number) => void,
): Promise<void> {
  await retried(async () => {
    const temporary = cache.temporary();
    const file = await open(temporary, "w");
    const hash = createHash("sha256");
    let size = 0;
    try {
      for await (const part of pieces(url, expected.size)) {
        hash.update(part);
        await file.writeFile(part);
        size += part.length;
        advance(part.length);
      }
      await file.close();
      if (size !== expected.size || hash.digest("hex") !== expected.sha256) {
        throw corrupt(url, "does not have the SHA-256 that Debian's index states");
      }
      await cache.adopt(temporary, relative);
    } catch (error) {
      advance(-size);
      await file.close();
      throw error;
    } finally {
      await rm(temporary, { force: true });
    }
  });
}

/** The body of a response. What the consumer throws is not taken for a failure of the network. */
async function* pieces(url: string, limit: number): AsyncGenerator<Uint8Array> {
  const body = await answered(url, (signal) => fetchBody(url, signal));
  const reader = body.getReader();
  try {
    for (let size = 0; ; ) {
      const { value } = await answered(url, () => reader.read());
      if (value === undefined) return;
      size += value.length;
      if (size > limit) throw corrupt(url, `is longer than the ${limit} bytes it may have`);
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

async function fetchBody(url: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
  const response = await fetch(url, { signal });
  if (response.ok && response.body !== null) return response.body;
  await response.body?.cancel();
  throw statusError(url, response.status);
}

/** Waits for the network, but not forever, and says in our words what went wrong. */
async function answered<T>(url: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stalled = new AbortController();
  const nothing = new Promise<never>((_, reject) => {
    stalled.signal.addEventListener("abort", () => reject(stalled.signal.reason));
  });
  const timer = setTimeout(
    () => stalled.abort(new Error(`nothing arrived for ${STALL_MILLISECONDS / 1000} s`)),
    STALL_MILLISECONDS,
  );
  try {
    return await Promise.race([work(stalled.signal), nothing]);
  } catch (error) {
    if (error instanceof TabnixError) throw error;
    throw new TabnixError(
      "unreachable",
      `${url} cannot be fetched: ${reason(error)}.`,
      ONLINE,
      error,
    );
  } finally {
    clearTimeout(timer);
  }
}

const ONLINE = "Check the network and DEBIAN_MIRROR, then run the same command again: it resumes.";

function statusError(url: string, status: number): TabnixError {
  if (status === 404 || status === 410) {
    return new TabnixError(
      "not-found",
      `The mirror has no ${url}.`,
      "If Debian has just released an update, run the command again with --refresh.",
    );
  }
  return new TabnixError("unreachable", `${url} answered with HTTP status ${status}.`, ONLINE);
}

function corrupt(url: string, what: string): TabnixError {
  return new TabnixError(
    "corrupt",
    `${url} ${what}.`,
    "Try again; if it stays so, the mirror is damaged: set DEBIAN_MIRROR to another.",
  );
}

/** Node's fetch hides the cause one level down. */
function reason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}

async function retried<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const temporary = error instanceof TabnixError && error.code === "unreachable";
      if (!temporary || attempt === ATTEMPTS) throw error;
    }
  }
}
