/** Contents of base files in memory: fetched when first read, the least recently used forgotten. */
import type { ArtefactReference } from "../../../images/format/manifest.ts";
import type { ObjectStore } from "../../shared/store.ts";

export class BaseCache {
  private readonly store: ObjectStore;
  private readonly limit: number;
  /** By SHA-256, the least recently used first. */
  private readonly held = new Map<string, Uint8Array>();
  private heldBytes = 0;
  private readonly fetches = new Map<string, Promise<Uint8Array>>();
  private latest = "";

  /** @param limit bytes to keep; the most recent content stays even if it is larger */
  constructor(store: ObjectStore, limit: number) {
    this.store = store;
    this.limit = limit;
  }

  /** Whether {@link get} gives the content at once. */
  has({ sha256 }: ArtefactReference): boolean {
    return this.held.has(sha256);
  }

  /**
   * The content: at once when it is in memory, else as a promise shared by all who wait for it.
   *
   * @throws TabnixError (by the promise) whatever the store throws
   */
  get(reference: ArtefactReference): Uint8Array | Promise<Uint8Array> {
    const { sha256 } = reference;
    const held = this.held.get(sha256);
    if (held) {
      if (sha256 !== this.latest) this.keep(sha256, held);
      return held;
    }
    const running = this.fetches.get(sha256);
    if (running) return running;
    const fetching = this.fetch(reference);
    this.fetches.set(sha256, fetching);
    return fetching;
  }

  private async fetch(reference: ArtefactReference): Promise<Uint8Array> {
    try {
      const bytes = await this.store.get(reference);
      this.heldBytes += bytes.length;
      this.keep(reference.sha256, bytes);
      return bytes;
    } finally {
      this.fetches.delete(reference.sha256);
    }
  }

  /** Makes it the most recently used, and forgets others while there is too much. */
  private keep(sha256: string, bytes: Uint8Array): void {
    this.held.delete(sha256);
    this.held.set(sha256, bytes);
    this.latest = sha256;
    for (const [oldest, content] of this.held) {
      if (this.heldBytes <= this.limit || oldest === sha256) return;
      this.held.delete(oldest);
      this.heldBytes -= content.length;
    }
  }
}
