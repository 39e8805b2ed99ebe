import { PREVIEW_KNOWN_CLIENTS } from "../shared/limits.ts";
import { type PreviewServer, parsePreviewPath } from "./addresses.ts";

/**
 * Which clients are pages of which preview. Remembered so that requests of other pages can be left
 * alone at once: whether to answer a request has to be said before anything can be looked up.
 */
export class KnownClients {
  readonly #scope: string;
  readonly #site: string;
  readonly #urlOf: (id: string) => Promise<string | undefined>;
  /** Null for a client that is no preview's. */
  readonly #known = new Map<string, PreviewServer | null>();

  /**
   * @param site the site's origin
   * @param urlOf looks up the address that a client was made from
   */
  constructor(scope: string, site: string, urlOf: (id: string) => Promise<string | undefined>) {
    this.#scope = scope;
    this.#site = site;
    this.#urlOf = urlOf;
  }

  /** @returns undefined when it has to be looked up, null for a client of no preview */
  get(id: string): PreviewServer | null | undefined {
    return this.#known.get(id);
  }

  /** A client is being made from the answer of a preview. */
  add(id: string, server: PreviewServer | null): void {
    if (id === "") return;
    this.#known.set(id, server);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= PREVIEW_KNOWN_CLIENTS) break;
      this.#known.delete(oldest);
    }
  }

  /** Looks a client up, by its address, else by the referrer of its request. */
  async find(id: string, referrer: string): Promise<PreviewServer | null> {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const url = id === "" ? undefined : await this.#urlOf(id);
    const server = this.of(url ?? "") ?? this.of(referrer) ?? null;
    if (url !== undefined) this.add(id, server);
    return server;
  }

  /** The server of a page of a preview, by its address. */
  of(address: string): PreviewServer | undefined {
    if (!URL.canParse(address)) return undefined;
    const { origin, pathname } = new URL(address);
    return origin === this.#site ? parsePreviewPath(this.#scope, pathname) : undefined;
  }
}
