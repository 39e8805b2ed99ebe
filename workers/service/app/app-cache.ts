/**
 * One version of the app's files, kept for when the network is gone. A version is served only when all of
 * it is there, each file checked against its SHA-256, so that parts of two versions never meet.
 */
import { sha256Hex } from "../../shared/hash.ts";
import { type AppFile, type AppFiles, pathInScope } from "./app-files.ts";
import { ISOLATION_FIELDS } from "./isolation.ts";
import { putWhole } from "./put-whole.ts";

export interface AppCacheOptions {
  files: AppFiles;
  /** The worker's scope: absolute, with a slash at its end. */
  scope: string;
  caches: CacheStorage;
  fetch(request: Request): Promise<Response>;
  /** Addresses of the scripts of pages that are open. */
  openScripts(): Promise<readonly string[]>;
}

const KEPT_FIELDS = ["content-type", ...ISOLATION_FIELDS];
const PREFIX = "tabnix-app ";
/** An address below the scope that no file has. */
const COMPLETE = ".complete";

export class AppCache {
  readonly #options: AppCacheOptions;
  readonly #files: ReadonlyMap<string, AppFile>;
  readonly #scopePath: string;
  /** Names of this site's caches begin with it: others may be on the same origin. */
  readonly #family: string;
  #filling: Promise<void> | undefined;
  #isComplete = false;

  constructor(options: AppCacheOptions) {
    this.#options = options;
    this.#files = new Map(options.files.files.map((file) => [file.path, file]));
    this.#scopePath = new URL(options.scope).pathname;
    this.#family = `${PREFIX}${options.scope} `;
  }

  /** Whether another version is kept that can be served. */
  async hasOlder(): Promise<boolean> {
    for (const name of await this.#otherNames()) {
      if (await this.#has(name, COMPLETE)) return true;
    }
    return false;
  }

  /** Whether everything of this version that is needed to start is there. */
  async isComplete(): Promise<boolean> {
    this.#isComplete ||= await this.#has(this.#name, COMPLETE);
    return this.#isComplete;
  }

  /**
   * Fetches what is not there yet. What the browser has thrown away is fetched again.
   *
   * @throws Error what could not be fetched or kept
   */
  fill(): Promise<void> {
    this.#filling ??= this.#fill().finally(() => {
      this.#filling = undefined;
    });
    return this.#filling;
  }

  /** A file of the app, if it is kept: of this version, or of one of which a page is still open. */
  async match(url: URL): Promise<Response | undefined> {
    const path = pathInScope(this.#scopePath, url.pathname);
    if (path === undefined) return undefined;
    const address = this.#addressOf(path);
    const { caches } = this.#options;
    // What was thrown away of this version is the network's to give: the older one's would be a mix.
    if (this.#files.has(path)) {
      if (!(await this.isComplete())) return undefined;
      return caches.match(address, { cacheName: this.#name });
    }
    for (const name of await this.#otherNames()) {
      const found = await caches.match(address, { cacheName: name });
      if (found) return found;
    }
    return undefined;
  }

  /** Whether this is a file that is kept once something has asked for it. */
  isLazy(url: URL): boolean {
    const path = pathInScope(this.#scopePath, url.pathname);
    return path !== undefined && this.#files.get(path)?.isLazy === true;
  }

  /** Keeps a file that was fetched, if it is what it should be. */
  async keep(url: URL, response: Response): Promise<void> {
    const file = this.#files.get(pathInScope(this.#scopePath, url.pathname) ?? "");
    if (file && response.ok) await this.#put(file, response);
  }

  /** Forgets versions that no open page is of. */
  async dropOlder(): Promise<void> {
    const scripts = await this.#options.openScripts();
    for (const name of await this.#otherNames()) {
      const cache = await this.#options.caches.open(name);
      const found = await Promise.all(scripts.map((script) => cache.match(script)));
      if (!found.some(Boolean)) await this.#options.caches.delete(name);
    }
  }

  get #name(): string {
    return this.#family + this.#options.files.version;
  }

  async #otherNames(): Promise<string[]> {
    const names = await this.#options.caches.keys();
    return names.filter((name) => name.startsWith(this.#family) && name !== this.#name);
  }

  async #fill(): Promise<void> {
    if (this.#options.files.version === "") throw new Error("Nothing is kept while developing.");
    const cache = await this.#options.caches.open(this.#name);
    const missing = await this.#missing(cache);
    if (missing.length > 0) {
      this.#isComplete = false;
      await cache.delete(this.#addressOf(COMPLETE));
    }
    // All of them, so that the next time only what failed is left.
    const added = await Promise.allSettled(missing.map((file) => this.#add(file)));
    const failed = added.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
    await cache.put(this.#addressOf(COMPLETE), new Response());
    this.#isComplete = true;
  }

  /** What is needed and not there. */
  async #missing(cache: Cache): Promise<AppFile[]> {
    const kept = new Set((await cache.keys()).map(({ url }) => url));
    // Where all were there once, some may be gone, but none is in pieces.
    const wereWhole = kept.has(this.#addressOf(COMPLETE));
    const missing: AppFile[] = [];
    for (const file of this.#options.files.files) {
      const address = this.#addressOf(file.path);
      if (file.isLazy || (wereWhole && kept.has(address))) continue;
      const found = kept.has(address) ? await cache.match(address) : undefined;
      if (!found || !(await isOf(file, await bytesOf(found)))) missing.push(file);
    }
    return missing;
  }

  async #add(file: AppFile): Promise<void> {
    const address = this.#addressOf(file.path);
    for (const name of await this.#otherNames()) {
      const older = await this.#options.caches.match(address, { cacheName: name });
      if (older && (await this.#put(file, older))) return;
    }
    // Past the browser's own cache, which may have what was there before.
    const response = await this.#options.fetch(new Request(address, { cache: "no-cache" }));
    if (!response.ok) throw new Error(`${address}: the server answers ${response.status}`);
    if (!(await this.#put(file, response))) {
      throw new Error(`${address} is not of this version of the site`);
    }
  }

  /** @returns false when it is something else */
  async #put(file: AppFile, response: Response): Promise<boolean> {
    const bytes = await bytesOf(response);
    if (!(await isOf(file, bytes))) return false;
    const headers = new Headers();
    for (const name of KEPT_FIELDS) {
      const value = response.headers.get(name);
      if (value !== null) headers.set(name, value);
    }
    const cache = await this.#options.caches.open(this.#name);
    await putWhole(cache, this.#addressOf(file.path), bytes, headers);
    return true;
  }

  async #has(cacheName: string, path: string): Promise<boolean> {
    return (await this.#options.caches.match(this.#addressOf(path), { cacheName })) !== undefined;
  }

  #addressOf(path: string): string {
    return new URL(path, this.#options.scope).href;
  }
}

/** The content; empty when the browser has lost it. */
async function bytesOf(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await response.arrayBuffer().catch(() => new ArrayBuffer(0)));
}

/** Whether these are the content of a file. */
async function isOf({ size, sha256 }: AppFile, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
  return bytes.length === size && (await sha256Hex(bytes)) === sha256;
}
