/** Downloads: bounded, retried, and written to the cache only when whole and right. */
import { createHash } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { TabnixError } from "../../workers/shared/errors.ts";
import type { Cache } from "./cache.ts";

/** What a file must be. */
export interface Expected {
  algorithm: "sha256" | "sha512";
  /** Lower-case hex. */
  digest: string;
  /** Bytes, if they are known. */
  size?: number;
  /** No more is read. */
  maxBytes: number;
}

/** How errors speak of the place that files come from. */
export interface Origin {
  /** "mirror": what has, or lacks, a file. */
  name: string;
  /** Says what a file with another hash does not have: "the SHA-256 that Debian's index states". */
  vouched: string;
  /** Next steps: when nothing answers, when a file is not there, when its bytes are wrong. */
  hints: { unreachable: string; notFound: string; corrupt: string };
}

const ATTEMPTS = 3;
/** A connection on which nothing arrives for so long is given up. */
const STALL_MILLISECONDS = 30_000;

/**
 * Fetches a document that is kept in memory and has no known hash.
 *
 * @param maxBytes no more is read
 * @throws TabnixError `not-found`, `unreachable`, or `corrupt` if it is longer
 */
export async function fetchText(url: string, maxBytes: number, origin: Origin): Promise<string> {
  return await retried(async () => {
    const parts: Uint8Array[] = [];
    for await (const part of pieces(url, maxBytes, origin)) parts.push(part);
    return Buffer.concat(parts).toString("utf8");
  });
}

/**
 * Fetches a file of known hash into the cache. The bytes go to a temporary file and get their name
 * only when the hash is right.
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
  origin: Origin,
): Promise<void> {
  await retried(async () => {
    const temporary = cache.temporary();
    const file = await open(temporary, "w");
    const hash = createHash(expected.algorithm);
    let size = 0;
    try {
      for await (const part of pieces(url, expected.maxBytes, origin)) {
        hash.update(part);
        await file.writeFile(part);
        size += part.length;
        advance(part.length);
      }
      await file.close();
      if (size !== (expected.size ?? size) || hash.digest("hex") !== expected.digest) {
        throw corrupt(url, `does not have ${origin.vouched}`, origin);
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
async function* pieces(url: string, limit: number, origin: Origin): AsyncGenerator<Uint8Array> {
  const body = await answered(url, origin, (signal) => fetchBody(url, signal, origin));
  const reader = body.getReader();
  try {
    for (let size = 0; ; ) {
      const { value } = await answered(url, origin, () => reader.read());
      if (value === undefined) return;
      size += value.length;
      if (size > limit) throw corrupt(url, `is longer than the ${limit} bytes it may have`, origin);
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

async function fetchBody(
  url: string,
  signal: AbortSignal,
  origin: Origin,
): Promise<ReadableStream<Uint8Array>> {
  const response = await fetch(url, { signal });
  if (response.ok && response.body !== null) return response.body;
  await response.body?.cancel();
  throw statusError(url, response.status, origin);
}

/** Waits for the network, but not forever, and says in our words what went wrong. */
async function answered<T>(
  url: string,
  { hints }: Origin,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
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
      hints.unreachable,
      error,
    );
  } finally {
    clearTimeout(timer);
  }
}

function statusError(url: string, status: number, { name, hints }: Origin): TabnixError {
  if (status === 404 || status === 410) {
    return new TabnixError("not-found", `The ${name} has no ${url}.`, hints.notFound);
  }
  const message = `${url} answered with HTTP status ${status}.`;
  return new TabnixError("unreachable", message, hints.unreachable);
}

function corrupt(url: string, what: string, { hints }: Origin): TabnixError {
  return new TabnixError("corrupt", `${url} ${what}.`, hints.corrupt);
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
