/** A Debian archive: one suite of one mirror, verified from its signature to every package. */
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { TabnixError } from "../../../workers/shared/errors.ts";
import type { Cache } from "../cache.ts";
import type { Progress } from "../progress.ts";
import { type Expected, fetchFile } from "./fetch.ts";
import { loadKeys } from "./keyring.ts";
import { PINNED_KEYS } from "./keys.ts";
import { mirrorAddress } from "./mirror.ts";
import { type DebianPackage, readPackages } from "./packages.ts";
import { type Release, verifyClearsigned } from "./release.ts";
import { openRelease } from "./releases.ts";
import { type ResolveOptions, Resolver } from "./resolver.ts";

/** Which part of the archive. */
export interface ArchiveOptions {
  /** A codename, "trixie". */
  suite: string;
  /** "i386" */
  architecture: string;
  /** Default: main only. */
  components?: readonly string[];
  /** Ask the mirror for a newer release even if it was asked within a day. */
  refresh?: boolean;
  /** The base address of the mirror. Default: {@link mirrorAddress}. */
  mirror?: string;
  /** Fingerprints of the keys that may sign. Default: {@link PINNED_KEYS}. */
  pinned?: ReadonlyMap<string, string>;
}

/** Compressed indexes that can be read, the smallest first. */
const INDEX_NAMES = ["Packages.xz", "Packages.gz"];

const PARALLEL_DOWNLOADS = 6;

/** Everything but the release itself, for which see releases.ts, is named by its SHA-256 and fetched once. */
export class DebianArchive {
  /** What the archive is: suite, point release, date. */
  readonly release: Release;
  readonly #mirror: string;
  readonly #cache: Cache;
  readonly #progress: Progress;
  readonly #resolver: Resolver;

  private constructor(
    release: Release,
    mirror: string,
    cache: Cache,
    progress: Progress,
    resolver: Resolver,
  ) {
    this.release = release;
    this.#mirror = mirror;
    this.#cache = cache;
    this.#progress = progress;
    this.#resolver = resolver;
  }

  /**
   * Verifies the release and reads its indexes.
   *
   * @throws TabnixError `missing-tool` without a mirror, `unreachable`, `untrusted`, `expired`,
   * `corrupt`, `not-found`
   */
  static async open(
    options: ArchiveOptions,
    cache: Cache,
    progress: Progress,
  ): Promise<DebianArchive> {
    const mirror = options.mirror ?? mirrorAddress();
    const suiteAddress = `${mirror}/dists/${options.suite}`;
    const stage = progress.stage(`Read Debian's index of ${options.suite}`);
    const readIndex = async (release: Release, component: string) => {
      const folder = `${component}/binary-${options.architecture}`;
      const path = INDEX_NAMES.map((name) => `${folder}/${name}`).find((name) =>
        release.files.has(name),
      );
      const expected = release.files.get(path ?? "");
      if (path === undefined || expected === undefined) {
        throw new TabnixError(
          "not-found",
          `Debian ${release.codename} has no ${component} for ${options.architecture}.`,
          "Check suite, component and architecture.",
        );
      }
      const load = () => fetchIndex(suiteAddress, path, expected, cache, stage.advance);
      return await readPackages(load, path, expected.sha256, cache);
    };
    const pinned = options.pinned ?? PINNED_KEYS;
    const { release, content: packages } = await openRelease({
      suite: options.suite,
      mirror,
      refresh: options.refresh ?? false,
      cache,
      progress,
      verify: async (text, address, unverified) => {
        const keys = await loadKeys(mirror, cache, pinned, () => readIndex(unverified, "main"));
        return await verifyClearsigned(text, keys, address);
      },
      read: async (release) => {
        const packages: DebianPackage[] = [];
        for (const component of options.components ?? ["main"]) {
          for (const entry of await readIndex(release, component)) packages.push(entry);
        }
        return packages;
      },
    });
    stage.done(`Debian ${release.version}, ${packages.length} packages`);
    const resolver = new Resolver(packages, options.architecture);
    return new DebianArchive(release, mirror, cache, progress, resolver);
  }

  /** The newest package of this name. */
  find(name: string): DebianPackage | undefined {
    return this.#resolver.find(name);
  }

  /** See {@link Resolver.resolve}. */
  resolve(names: readonly string[], options?: ResolveOptions): DebianPackage[] {
    return this.#resolver.resolve(names, options);
  }

  /**
   * Fetches what is not cached, and checks the SHA-256 of everything.
   *
   * @returns the path of each .deb, in the order given
   * @throws TabnixError `unreachable`, `corrupt`, `not-found`; what arrived until then stays cached
   */
  async download(packages: readonly DebianPackage[]): Promise<Map<DebianPackage, string>> {
    const missing: DebianPackage[] = [];
    for (const entry of packages) {
      if (!(await isCached(this.#cache.path(pathOf(entry)), entry))) missing.push(entry);
    }
    if (missing.length > 0) {
      const total = missing.reduce((sum, { size }) => sum + size, 0);
      const count = `${missing.length} ${missing.length === 1 ? "package" : "packages"}`;
      const stage = this.#progress.stage(`Download ${count}`, total);
      await inParallel(missing, PARALLEL_DOWNLOADS, async (entry) => {
        const address = `${this.#mirror}/${entry.filename}`;
        await fetchFile(address, entry, this.#cache, pathOf(entry), stage.advance);
      });
      stage.done();
    }
    return new Map(packages.map((entry) => [entry, this.#cache.path(pathOf(entry))]));
  }
}

/**
 * An index by its hash, so that it stays right while the mirror changes; by its plain name on mirrors
 * that do not keep them by hash.
 */
async function fetchIndex(
  suiteAddress: string,
  path: string,
  expected: Expected,
  cache: Cache,
  advance: (bytes: number) => void,
): Promise<Uint8Array> {
  const relative = `debian/indexes/${expected.sha256}`;
  if (!(await isCached(cache.path(relative), expected))) {
    const folder = path.slice(0, path.length - basename(path).length);
    const byHash = `${suiteAddress}/${folder}by-hash/SHA256/${expected.sha256}`;
    try {
      await fetchFile(byHash, expected, cache, relative, advance);
    } catch (error) {
      if (!(error instanceof TabnixError && error.code === "not-found")) throw error;
      await fetchFile(`${suiteAddress}/${path}`, expected, cache, relative, advance);
    }
  }
  return await readFile(cache.path(relative));
}

/** Whether the file is there and whole. */
async function isCached(path: string, expected: Expected): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found?.size !== expected.size) return false;
  return (
    createHash("sha256")
      .update(await readFile(path))
      .digest("hex") === expected.sha256
  );
}

function pathOf({ filename, sha256 }: DebianPackage): string {
  return `debian/packages/${sha256.slice(0, 2)}/${sha256.slice(2, 18)}-${basename(filename)}`;
}

async function inParallel<T>(
  items: readonly T[],
  workers: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  let failed = false;
  const run = async () => {
    for (let item = queue.shift(); item !== undefined && !failed; item = queue.shift()) {
      await work(item).catch((error: unknown) => {
        failed = true;
        throw error;
      });
    }
  };
  const results = await Promise.allSettled(Array.from({ length: workers }, run));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}
