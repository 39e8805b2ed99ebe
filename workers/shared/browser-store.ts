/** The store as both workers open it: over HTTP, with the browser's cache where it works. */
import { HttpStore } from "./http-store.ts";
import { openObjectCache } from "./object-cache.ts";

/** Objects are named by their hash and checked when read, so every image and version may share it. */
const CACHE_NAME = "tabnix-store";

/** @param imagesUrl the folder `images/`, absolute, with a trailing slash */
export async function openBrowserStore(imagesUrl: string): Promise<HttpStore> {
  const cache = await openObjectCache(CACHE_NAME);
  return new HttpStore({ imagesUrl, ...(cache ? { cache } : {}) });
}
