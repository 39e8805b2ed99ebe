/** The browser's Cache API as a cache of stored objects, in their compressed form. */

/** Objects are named by their hash and checked when read, so every image and version may share it. */
export const CACHE_NAME = "tabnix-store";

/** Keeps compressed objects by SHA-256. No call throws: a cache that fails is a cache that misses. */
export interface ObjectCache {
  get(sha256: string): Promise<Uint8Array | undefined>;
  put(sha256: string, compressed: Uint8Array): Promise<void>;
  delete(sha256: string): Promise<void>;
}

/**
 * Opens the cache.
 *
 * @returns undefined where there is none: insecure contexts, some frames. Several browsers offer one in
 *   private windows that fails at its first use. It is not tried out: that takes a tenth of a second on
 *   the way to the prompt, and one that fails is one that misses.
 */
export async function openObjectCache(): Promise<ObjectCache | undefined> {
  try {
    return new BrowserCache(await caches.open(CACHE_NAME));
  } catch {
    return undefined;
  }
}

class BrowserCache implements ObjectCache {
  private readonly cache: Cache;

  constructor(cache: Cache) {
    this.cache = cache;
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

/** Keys of the Cache API are addresses; this one is never fetched. All workers are in one folder, so it is the same in each. */
export function addressOf(sha256: string): string {
  return new URL(`objects/${sha256}`, globalThis.location.href).href;
}
