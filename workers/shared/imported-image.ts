/**
 * The image of an imported machine in the browser: a cache of the Cache API for itself, so that it can never
 * be taken for another image, and goes as a whole.
 *
 * It has the objects by their SHA-256, compressed as in a store, what is to be told of it, and the manifest,
 * which is written last: what has no manifest is not there.
 */
import { IMPORTED_PREFIX } from "./image-name.ts";

const PREFIX = "tabnix-";
const MANIFEST = "manifest";
const SUMMARY = "summary";

/** What a list of imported machines tells of each. */
export interface ImportedSummary {
  /** When it was exported, in milliseconds since 1970. */
  made: number;
  /** Of the image: compressed bytes. */
  bytes: number;
}

export class ImportedImage {
  private readonly cache: Cache;

  private constructor(cache: Cache) {
    this.cache = cache;
  }

  /** @throws whatever the browser throws where it has no caches, or none for this page */
  static async create(name: string): Promise<ImportedImage> {
    return new ImportedImage(await caches.open(PREFIX + name));
  }

  /** What there is of an image, which may not be complete. @throws as {@link create} */
  static async find(name: string): Promise<ImportedImage | undefined> {
    return (await caches.has(PREFIX + name)) ? ImportedImage.create(name) : undefined;
  }

  /** Names of all, also of those that are not complete. @throws as {@link create} */
  static async names(): Promise<string[]> {
    const begin = PREFIX + IMPORTED_PREFIX;
    const names = (await caches.keys()).filter((name) => name.startsWith(begin));
    return names.map((name) => name.slice(PREFIX.length));
  }

  static async remove(name: string): Promise<void> {
    await caches.delete(PREFIX + name);
  }

  /** The frame of an object, as it was put; undefined when it is not there. */
  async get(sha256: string): Promise<Uint8Array | undefined> {
    const response = await this.cache.match(addressOf(sha256));
    return response && new Uint8Array(await response.arrayBuffer());
  }

  /** @throws DOMException QuotaExceededError */
  async put(sha256: string, frame: Uint8Array): Promise<void> {
    await this.cache.put(addressOf(sha256), new Response(frame as BodyInit));
  }

  /** The text of the manifest; undefined when the image is not complete. */
  async manifest(): Promise<string | undefined> {
    return (await this.cache.match(addressOf(MANIFEST)))?.text();
  }

  async summary(): Promise<ImportedSummary | undefined> {
    return (await this.cache.match(addressOf(SUMMARY)))?.json();
  }

  /** All objects are there. @throws DOMException QuotaExceededError */
  async complete(manifest: string, summary: ImportedSummary): Promise<void> {
    await this.cache.put(addressOf(SUMMARY), new Response(JSON.stringify(summary)));
    await this.cache.put(addressOf(MANIFEST), new Response(manifest));
  }

  /** From now on it is not there, though its objects are. */
  async retire(): Promise<void> {
    await this.cache.delete(addressOf(MANIFEST));
  }
}

/** Keys of the Cache API are addresses, the same for pages and workers; these are never fetched. */
function addressOf(name: string): string {
  return new URL(`/imported/${name}`, globalThis.location.origin).href;
}
