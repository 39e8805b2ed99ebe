/** The store as both workers open it: over HTTP, with the browser's cache where it works. */
import { HttpStore } from "./http-store.ts";
import { openObjectCache } from "./object-cache.ts";

/** Objects are named by their hash and checked when read, so every image and version may share it. */
const CACHE_NAME = "tabnix-store";

/**
 * Begins to open the cache, which is ready by the time an address is known.
 *
 * @returns opens the store of the folder `images/`, absolute, with a trailing slash
 */
export function browserStores(): (imagesUrl: string) => Promise<HttpStore> {
  const opening = openObjectCache(CACHE_NAME);
  return async (imagesUrl) => {
    const cache = await opening;
    return new HttpStore({ imagesUrl, ...(cache ? { cache } : {}) });
  };
}
