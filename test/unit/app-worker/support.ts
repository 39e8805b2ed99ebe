/** Parts of a browser for the app's side of the service worker: caches in memory, and a host of files. */

import { AppCache } from "../../../workers/service/app/app-cache.ts";
import type { AppFiles } from "../../../workers/service/app/app-files.ts";
import { sha256Hex } from "../../../workers/shared/hash.ts";

export const SCOPE = "https://example.org/a/b/";

/** What one version of a site has, by path. */
export type Site = Readonly<Record<string, string>>;

/** The Cache API as far as it is used, by the addresses of requests. */
export class MemoryCaches {
  readonly stores = new Map<string, Map<string, Response>>();
  /** Entries that there is room for. */
  room = Number.POSITIVE_INFINITY;
  /** What becomes of one more: it is refused, refused after it was begun, or kept in part as if it were whole. */
  beyond: "refused" | "begun" | "cut" = "refused";

  async keys(): Promise<string[]> {
    return [...this.stores.keys()];
  }

  async delete(name: string): Promise<boolean> {
    return this.stores.delete(name);
  }

  async match(url: string, { cacheName }: { cacheName: string }): Promise<Response | undefined> {
    return this.stores.get(cacheName)?.get(url)?.clone();
  }

  async open(name: string) {
    const store = this.stores.get(name) ?? new Map<string, Response>();
    this.stores.set(name, store);
    return {
      keys: async () => [...store.keys()].map((url) => ({ url })),
      match: async (url: string) => store.get(url)?.clone(),
      delete: async (url: string) => store.delete(url),
      put: async (url: string, response: Response) => {
        const isFull = store.size >= this.room;
        if (isFull && this.beyond !== "refused") {
          const { headers } = response;
          const part = this.beyond === "cut" ? (await response.text()).slice(1) : "";
          store.set(url, new Response(part, { headers }));
        }
        if (isFull && this.beyond !== "cut") throw new DOMException("full", "QuotaExceededError");
        if (!isFull) store.set(url, response);
      },
    };
  }

  /** Paths that are kept under a name, in order. */
  paths(name: string): string[] {
    return [...(this.stores.get(name)?.keys() ?? [])].map((url) => url.slice(SCOPE.length)).sort();
  }
}

export async function filesOf(version: string, site: Site, lazy: string[] = []): Promise<AppFiles> {
  const files = Object.entries(site).map(async ([path, text]) => {
    const bytes = new TextEncoder().encode(text);
    const sha256 = await sha256Hex(bytes);
    return { path, sha256, size: bytes.length, isLazy: lazy.includes(path) };
  });
  return { version, files: await Promise.all(files) };
}

/** A browser on a host whose site may change. */
export class Browser {
  readonly caches = new MemoryCaches();
  /** Paths that were fetched. */
  readonly fetched: string[] = [];
  /** Paths of the scripts of pages that are open. */
  open: string[] = [];
  /** Undefined while there is no network. */
  site: Site | undefined;
  headers: Readonly<Record<string, string>> = {};

  constructor(site: Site) {
    this.site = site;
  }

  fetch = async ({ url }: Request): Promise<Response> => {
    const path = url.slice(SCOPE.length) || "index.html";
    this.fetched.push(path);
    if (!this.site) throw new TypeError("Failed to fetch");
    const text = this.site[path];
    const status = text === undefined ? 404 : 200;
    const type = path.endsWith(".html") ? "text/html" : "text/javascript";
    const headers = { "content-type": type, ...this.headers };
    return new Response(text ?? "no such page", { status, headers });
  };

  cache(files: AppFiles): AppCache {
    return new AppCache({
      files,
      scope: SCOPE,
      caches: this.caches as unknown as CacheStorage,
      fetch: this.fetch,
      openScripts: async () => this.open.map((path) => SCOPE + path),
    });
  }
}
