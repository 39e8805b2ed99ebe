/** Which pages may use the relay (RFC 6454; browsers send `Origin` with each WebSocket). */
import { TabnixError } from "../../workers/shared/errors.ts";

/** Not `*.localhost`: there are the sites that guests publish. */
const LOCAL = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

/**
 * Whether a page of this origin may connect.
 *
 * @param origin undefined from programs that are no browsers: they could claim any, so it is no protection
 *   against them, and tokens are
 * @param allowed exact origins, or `*`; pages on this computer when it is empty
 */
export function isAllowedOrigin(origin: string | undefined, allowed: string[]): boolean {
  if (origin === undefined || allowed.includes("*")) return true;
  return allowed.length === 0 ? LOCAL.test(origin) : allowed.includes(origin);
}

/** Reads an entry of `--origin`. @throws TabnixError "invalid-input" */
export function readOrigin(entry: string): string {
  if (entry === "*") return entry;
  const url = URL.canParse(entry) ? new URL(entry) : undefined;
  if (url?.origin === entry.replace(/\/$/, "") && url.origin !== "null") return url.origin;
  throw new TabnixError(
    "invalid-input",
    `"${entry}" is no origin.`,
    "An origin is a scheme, a host and perhaps a port: https://tabnix.example",
  );
}
