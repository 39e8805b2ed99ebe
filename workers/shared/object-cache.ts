/** The browser's Cache API as a cache of stored objects, in their compressed form. */

/** Keeps compressed objects by SHA-256. No call throws: a cache that fails is a cache that misses. */
export interface ObjectCache {
  get(sha256: string): Promise<Uint8Array | undefined>;
  put(sha256: string, compressed: Uint8Array): Promise<void>;
  delete(sha256: string): Promise<void>;
}

const PROBE = "probe";

/**
 * Opens the cache of that name.
 *
 * @returns undefined where there is none that works: insecure contexts, private windows, some frames.
 *   It is tried out, because several browsers offer a `caches` that fails at its first use.
 */
export async function openObjectCache(name: string): Promise<ObjectCache | undefined> {
  try {
    const cache = new BrowserCache(await caches.open(name));
    await cache.probe();
    return cache;
  } catch {
    return undefined;
  }
}

class BrowserCache implements ObjectCache {
  private readonly cache: Cache;

  constructor(cache: Cache) {
    this.cache = cache;
  }

  /** Throws when the cache does not give back what it was given. */
  async probe(): Promise<void> {
    await this.cache.put(addressOf(PROBE), new Response(PROBE));
    const response = await this.cache.match(addressOf(PROBE));
    await this.cache.delete(addressOf(PROBE));
    if ((await response?.text()) !== PROBE) throw new Error("the cache forgets");
  }

  async get(sha256: string): Promise<Uint8Array | undefined> {
    try {
      const response = await this.cache.match(addressOf(sha256));
      return response && new Uint8Array(await response.arrayBuffer());
    } catch {
      return undefined;
    }
  }

  async put(sha256: string, compressed: Uint8Array): Promise<void> {
    try {
      await this.cache.put(addressOf(sha256), new Response(compressed as BodyInit));
    } catch {
      // Most likely the quota: the object is fetched again next time.
    }
  }

  async delete(sha256: string): Promise<void> {
    try {
      await this.cache.delete(addressOf(sha256));
    } catch {
      // What cannot be deleted fails verification again, and is fetched again.
    }
  }
}

/** Keys of the Cache API are addresses; this one is never fetched. */
function addressOf(key: string): string {
  return new URL(`objects/${key}`, globalThis.location.href).href;
}
