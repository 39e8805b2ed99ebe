/**
 * The app's part of the service worker: answers for the site's own files, isolated from other sites where
 * the host leaves that open, and from what is kept where that is whole. The store of images is left
 * alone: its objects are kept by whoever reads them, checked.
 */
import { isBelowPreview } from "../addresses.ts";
import type { FetchRequest } from "../preview-worker.ts";
import type { AppCache } from "./app-cache.ts";
import type { FromServiceWorker, ToServiceWorker } from "./contract.ts";
import { isolated } from "./isolation.ts";
import type { ManifestCache } from "./manifest-cache.ts";
import { offlinePage } from "./offline-page.ts";

export interface AppWorkerOptions {
  /** The worker's scope: absolute, with a slash at its end. */
  scope: string;
  cache: AppCache;
  manifests: ManifestCache;
  fetch(request: Request): Promise<Response>;
}

const SAFE: ReadonlySet<string> = new Set(["GET", "HEAD"]);
const STORE = "images/store/";

export class AppWorker {
  readonly #options: AppWorkerOptions;

  constructor(options: AppWorkerOptions) {
    this.#options = options;
  }

  /** A version that replaces another is whole before it begins; the first one keeps nobody waiting. */
  async install(): Promise<void> {
    const { cache } = this.#options;
    if (await cache.hasOlder()) await cache.fill();
  }

  /** Versions before this one are kept for as long as pages of theirs are open. */
  async activate(): Promise<void> {
    await this.#options.cache.dropOlder();
  }

  /** @returns false when the request is not for the app's files, and was left alone */
  handleFetch(event: FetchRequest): boolean {
    const { request } = event;
    const isOwn = request.url.startsWith(this.#options.scope);
    if (!isOwn || request.url.startsWith(this.#options.scope + STORE)) return false;
    if (!SAFE.has(request.method) || request.headers.has("range")) return false;
    event.respondWith(this.answer(event));
    return true;
  }

  /** The answer to a request for the site. Rejects as fetch does where there is none. */
  async answer(event: FetchRequest): Promise<Response> {
    const { request } = event;
    const url = new URL(request.url);
    const kept = await this.#kept(url);
    const response = kept ?? (await this.#fetched(event, url));
    const body = isolated(response, request.destination);
    return request.method === "HEAD" && kept ? new Response(null, body) : body;
  }

  /**
   * Takes what pages of the app send; anything else is ignored.
   *
   * @param from the page's address
   */
  async handleMessage(
    data: unknown,
    from: string,
    answer: (message: FromServiceWorker) => void,
  ): Promise<void> {
    const { cache, scope } = this.#options;
    if ((data as ToServiceWorker | null)?.type !== "tabnix-app-keep") return;
    if (isBelowPreview(new URL(scope).pathname, new URL(from).pathname)) return;
    try {
      await cache.fill();
      await cache.dropOlder();
      answer({ type: "tabnix-app-kept" });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      answer({ type: "tabnix-app-not-kept", reason });
    }
  }

  async #kept(url: URL): Promise<Response | undefined> {
    try {
      return await this.#options.cache.match(url);
    } catch {
      // The browser does not give access to what is kept: as if it were not.
      return undefined;
    }
  }

  async #fetched(event: FetchRequest, url: URL): Promise<Response> {
    const { request } = event;
    const { cache, manifests, scope } = this.#options;
    try {
      const response = await this.#options.fetch(request);
      if (request.method === "GET") {
        const keep = (work: Promise<void>) => event.waitUntil(work.catch(() => {}));
        if (manifests.isManifest(url)) keep(manifests.keep(url, response.clone()));
        else if (cache.isLazy(url)) keep(cache.keep(url, response.clone()));
      }
      return response;
    } catch (error) {
      const manifest = await manifests.match(url).catch(() => undefined);
      if (manifest) return manifest;
      if (request.mode === "navigate") return offlinePage(scope);
      throw error;
    }
  }
}
