/** One cookie, as Set-Cookie or document.cookie gives it (RFC 6265bis, section 5.6). */
import { COOKIE_ATTRIBUTE_BYTES, COOKIE_BYTES, COOKIE_MAX_AGE_MS } from "../../../shared/limits.ts";
import { parseCookieDate } from "./cookie-date.ts";

export interface Cookie {
  name: string;
  value: string;
  path: string;
  /** Milliseconds since 1970; undefined for one that lasts as long as the page that runs the machine. */
  expires?: number;
  httpOnly: boolean;
}

/** Where a cookie comes from. */
export interface CookieSource {
  /** The path of the request or of the page. */
  path: string;
  /** A script set it: it may neither be nor replace one that scripts cannot see. */
  fromScript: boolean;
  /** Milliseconds since 1970. */
  now: number;
}

/** Names of the guest's own host; a cookie for another one is not taken. */
const OWN_HOSTS: ReadonlySet<string> = new Set(["", "localhost", "127.0.0.1", "[::1]"]);
const DIGITS = /^-?\d+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what may not be in a cookie.
const CONTROLS = /[\x00-\x08\x0a-\x1f\x7f]/;

/** @returns undefined when the cookie is to be ignored */
export function parseCookie(text: string, source: CookieSource): Cookie | undefined {
  if (CONTROLS.test(text)) return undefined;
  const [pair = "", ...attributes] = text.split(";");
  const equals = pair.indexOf("=");
  const name = pair.slice(0, Math.max(equals, 0)).trim();
  const value = pair.slice(equals + 1).trim();
  if ((name === "" && value === "") || name.length + value.length > COOKIE_BYTES) return undefined;
  const seen = new Map<string, string>();
  for (const attribute of attributes) {
    const at = attribute.indexOf("=");
    const key = (at < 0 ? attribute : attribute.slice(0, at)).trim().toLowerCase();
    const setting = at < 0 ? "" : attribute.slice(at + 1).trim();
    // The last one counts.
    if (setting.length <= COOKIE_ATTRIBUTE_BYTES) seen.set(key, setting);
  }
  const path = seen.get("path")?.startsWith("/") ? seen.get("path")! : defaultPath(source.path);
  const httpOnly = seen.has("httponly");
  if (httpOnly && source.fromScript) return undefined;
  if (!OWN_HOSTS.has((seen.get("domain") ?? "").replace(/^\./, "").toLowerCase())) return undefined;
  if (!keepsItsPrefix(name, path, seen)) return undefined;
  const expires = expiryOf(seen, source.now);
  return { name, value, path, httpOnly, ...(expires === undefined ? {} : { expires }) };
}

/** Whether a cookie of this path goes with a request for that one (RFC 6265, section 5.1.4). */
export function pathMatches(cookiePath: string, path: string): boolean {
  if (!path.startsWith(cookiePath)) return false;
  return path === cookiePath || cookiePath.endsWith("/") || path[cookiePath.length] === "/";
}

/** The guest's own host counts as secure, as browsers have it for localhost. */
function keepsItsPrefix(name: string, path: string, seen: ReadonlyMap<string, string>): boolean {
  const lower = name.toLowerCase();
  if (lower.startsWith("__secure-")) return seen.has("secure");
  if (!lower.startsWith("__host-")) return true;
  return seen.has("secure") && path === "/" && (seen.get("domain") ?? "") === "";
}

function expiryOf(seen: ReadonlyMap<string, string>, now: number): number | undefined {
  const age = seen.get("max-age");
  const last = now + COOKIE_MAX_AGE_MS;
  if (age !== undefined && DIGITS.test(age)) {
    return Number(age) <= 0 ? 0 : Math.min(now + Number(age) * 1000, last);
  }
  const date = parseCookieDate(seen.get("expires") ?? "");
  return date === undefined ? undefined : Math.min(date, last);
}

function defaultPath(path: string): string {
  const end = path.lastIndexOf("/");
  return path.startsWith("/") && end > 0 ? path.slice(0, end) : "/";
}
