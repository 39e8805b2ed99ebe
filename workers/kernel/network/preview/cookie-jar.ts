import { COOKIES_PER_PORT } from "../../../shared/limits.ts";
import { type Cookie, parseCookie, pathMatches } from "./cookie.ts";

const key = ({ name, path }: Cookie) => `${name};${path}`;

/**
 * The cookies of one of the guest's servers (RFC 6265bis). The browser's own jar cannot have them: it
 * takes none from a service worker, and would mix those of all previews with the page's.
 */
export class CookieJar {
  /** In the order of their making, which replacing one does not change. */
  readonly #cookies = new Map<string, Cookie>();
  readonly #now: () => number;

  /** @param now milliseconds since 1970 */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /**
   * Takes one cookie.
   *
   * @param text a Set-Cookie field, or what a script assigned to document.cookie
   * @param path of the request or the page, without its query
   */
  set(text: string, path: string, fromScript = false): void {
    const cookie = parseCookie(text, { path, fromScript, now: this.#now() });
    if (!cookie) return;
    const before = this.#cookies.get(key(cookie));
    if (fromScript && before?.httpOnly) return;
    this.#cookies.set(key(cookie), cookie);
    this.#forgetExpired();
    for (const oldest of this.#cookies.keys()) {
      if (this.#cookies.size <= COOKIES_PER_PORT) break;
      this.#cookies.delete(oldest);
    }
  }

  /** The Cookie field of a request for a path; empty for none. */
  header(path: string): string {
    return this.#matching(path).map(pairOf).join("; ");
  }

  /** What document.cookie is on a page at a path. */
  visible(path: string): string {
    return this.#matching(path)
      .filter(({ httpOnly }) => !httpOnly)
      .map(pairOf)
      .join("; ");
  }

  /** Those with longer paths first (section 5.8.3). */
  #matching(path: string): Cookie[] {
    this.#forgetExpired();
    return [...this.#cookies.values()]
      .filter((cookie) => pathMatches(cookie.path, path))
      .sort((one, other) => other.path.length - one.path.length);
  }

  #forgetExpired(): void {
    const now = this.#now();
    for (const [name, { expires }] of this.#cookies) {
      if (expires !== undefined && expires <= now) this.#cookies.delete(name);
    }
  }
}

function pairOf({ name, value }: Cookie): string {
  return name === "" ? value : `${name}=${value}`;
}
