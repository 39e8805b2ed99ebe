/**
 * Cross-origin isolation for hosts that send no headers: the service worker adds them to what it answers
 * with. What the host itself says about embedding stands, also when it says that it wants none.
 *
 * - A page of its own gets COOP and COEP (HTML, 7.1.3 and 7.1.4). Not Document-Isolation-Policy: with it
 *   previews, which have it, could be put together with the app (see response-headers.ts).
 * - In a frame COOP means nothing, and COEP isolates only where all pages around have it. There Chromium
 *   isolates by Document-Isolation-Policy.
 */

const COEP = "cross-origin-embedder-policy";
const COOP = "cross-origin-opener-policy";
const CORP = "cross-origin-resource-policy";
const DIP = "document-isolation-policy";
/** What a host may say about it: kept with its files. */
export const ISOLATION_FIELDS: readonly string[] = [COEP, COOP, CORP, DIP];
const FRAMES: ReadonlySet<string> = new Set(["iframe", "frame", "embed", "object"]);

/**
 * The response with the headers that isolate, or as it is where its host has decided.
 *
 * @param destination of the request (Fetch, 2.2.5)
 */
export function isolated(response: Response, destination: string): Response {
  // Of others' responses and of redirects nothing may be changed, nor read.
  if (response.type === "opaque" || response.type === "opaqueredirect" || response.type === "error")
    return response;
  if (response.headers.has(COEP)) return response;
  const headers = new Headers(response.headers);
  headers.set(COEP, "require-corp");
  headers.set(CORP, "cross-origin");
  if (FRAMES.has(destination)) headers.set(DIP, "isolate-and-require-corp");
  else headers.set(COOP, "same-origin");
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}
