/** The store as both workers open it: over HTTP with the browser's cache where it works, or an imported one. */
import { TabnixError } from "./errors.ts";
import { HttpStore } from "./http-store.ts";
import { ImportedImage } from "./imported-image.ts";
import { ImportedStore } from "./imported-store.ts";
import { openObjectCache } from "./object-cache.ts";
import type { ImageStore, StoreLocation } from "./store.ts";

/**
 * Begins to open the cache, which is ready by the time a location is known.
 *
 * @returns opens the store of a location. @throws TabnixError `not-found` when an imported one is gone
 */
export function browserStores(): (location: StoreLocation) => Promise<ImageStore> {
  const opening = openObjectCache();
  return async (location) => {
    if (location.type === "imported") return importedStore(location.image);
    const cache = await opening;
    return new HttpStore({ imagesUrl: location.imagesUrl, ...(cache ? { cache } : {}) });
  };
}

async function importedStore(name: string): Promise<ImageStore> {
  const image = await ImportedImage.find(name);
  if (image) return new ImportedStore(image);
  throw new TabnixError("not-found", `The imported machine "${name}" is not here any more.`);
}
