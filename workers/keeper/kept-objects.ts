/** The browser's cache of objects, as who fills it on purpose sees it: what cannot be kept is an error. */

import { TabnixError } from "../shared/errors.ts";
import { addressOf, CACHE_NAME } from "../shared/object-cache.ts";

export class KeptObjects {
  readonly #cache: Cache;

  private constructor(cache: Cache) {
    this.#cache = cache;
  }

  /** @throws TabnixError `unsupported` where the browser keeps nothing for this page */
  static async open(caches: CacheStorage | undefined): Promise<KeptObjects> {
    try {
      if (caches) return new KeptObjects(await caches.open(CACHE_NAME));
    } catch {
      // As where there are none.
    }
    throw new TabnixError(
      "unsupported",
      "This browser keeps nothing for this page.",
      "Private windows and frames of other sites often may keep nothing: open the page in a window of its own.",
    );
  }

  /** The SHA-256 of all that is there. */
  async names(): Promise<Set<string>> {
    const requests = await this.#cache.keys();
    return new Set(requests.map(({ url }) => url.slice(url.lastIndexOf("/") + 1)));
  }

  async get(sha256: string): Promise<Uint8Array | undefined> {
    const response = await this.#cache.match(addressOf(sha256));
    return response && new Uint8Array(await response.arrayBuffer());
  }

  /** @throws TabnixError `full` */
  async put(sha256: string, compressed: Uint8Array): Promise<void> {
    try {
      await this.#cache.put(addressOf(sha256), new Response(compressed as BodyInit));
    } catch (error) {
      throw new TabnixError(
        "full",
        "The browser has no more room for this site.",
        "Remove images or machines that are not needed, or free space on this device. What was fetched stays.",
        error,
      );
    }
  }

  async delete(sha256: string): Promise<void> {
    await this.#cache.delete(addressOf(sha256));
  }
}
