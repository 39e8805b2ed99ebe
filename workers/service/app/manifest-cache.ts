/**
 * Manifests of images, and the catalogue of them, as they were last, for when the network is gone. What
 * manifests name is kept by its hash.
 */
import { putWhole } from "./put-whole.ts";

export interface ManifestCacheOptions {
  /** The worker's scope: absolute, with a slash at its end. */
  scope: string;
  caches: CacheStorage;
}

/** Below the scope. */
const MANIFEST = /^images\/(?:[^/]+\/manifest|catalogue)\.json$/;

export class ManifestCache {
  readonly #options: ManifestCacheOptions;

  constructor(options: ManifestCacheOptions) {
    this.#options = options;
  }

  isManifest(url: URL): boolean {
    const { scope } = this.#options;
    return url.href.startsWith(scope) && MANIFEST.test(url.href.slice(scope.length));
  }

  /** Keeps a manifest in place of the one before; one that is gone from the site is forgotten. */
  async keep(url: URL, response: Response): Promise<void> {
    const cache = await this.#options.caches.open(this.#name);
    if (response.ok) {
      const bytes = new Uint8Array(await response.arrayBuffer());
      await putWhole(cache, url.href, bytes, response.headers);
    } else if (response.status === 404) await cache.delete(url.href);
  }

  async match(url: URL): Promise<Response | undefined> {
    if (!this.isManifest(url)) return undefined;
    return this.#options.caches.match(url.href, { cacheName: this.#name });
  }

  get #name(): string {
    return `tabnix-manifests ${this.#options.scope}`;
  }
}
