/** The headers of a preview's response: those of the guest's server, made to hold on this site. */
import type { Field } from "../kernel/network/http/fields.ts";
import { addressOnSite, type PreviewServer, previewPath } from "./addresses.ts";
import { policyForPreview } from "./content-security.ts";

/**
 * What every response of a preview has, errors too.
 *
 * - Cross-Origin-Embedder-Policy and -Resource-Policy let an isolated app show it in a pane.
 * - Document-Isolation-Policy gives it an agent cluster of its own, so that neither it nor the app can
 *   touch the other's document, though they share an origin. That holds as long as the app's own page
 *   does *not* have this header: browsers put two documents that have it together. Should the app ever
 *   get it, previews must lose it. The pane looks before it shows anything.
 * - Cross-Origin-Opener-Policy does the same for a tab of its own, in any browser. Where there are panes,
 *   the stricter value also keeps a tab that a page in a pane has opened from leading the app elsewhere:
 *   an isolated app and the tab would have the same value otherwise, and know each other.
 * - Referrer-Policy: how the worker knows which preview a navigation comes from.
 */
export function isolationHeaders(userAgent: string): Field[] {
  // WebKit knows only the stricter one, and would not show the page at all.
  const isChromium = userAgent.includes("Chrome");
  const isWebKit = userAgent.includes("AppleWebKit") && !isChromium;
  return [
    ["cross-origin-embedder-policy", isWebKit ? "require-corp" : "credentialless"],
    ["cross-origin-resource-policy", "cross-origin"],
    ["cross-origin-opener-policy", isChromium ? "noopener-allow-popups" : "same-origin"],
    ["document-isolation-policy", "isolate-and-credentialless"],
    ["referrer-policy", "same-origin"],
  ];
}

/** What belongs to a connection, or would act on the whole site. */
const LEFT_OUT = new Set(
  "connection keep-alive te trailer transfer-encoding upgrade set-cookie set-cookie2 clear-site-data service-worker-allowed strict-transport-security alt-svc x-frame-options origin-agent-cluster public-key-pins report-to reporting-endpoints nel".split(
    " ",
  ),
);

export interface HeaderOptions {
  server: PreviewServer;
  /** The address of the request on this site. */
  url: URL;
  /** Path in the guest's server, to which its addresses are relative. */
  path: string;
  /** Path of the site. */
  scope: string;
  userAgent: string;
  /** The content is not as it was sent: its length and coding are not told. */
  isChanged: boolean;
  /** Lets the preview's script run under the page's Content-Security-Policy. */
  nonce: string;
}

export function responseHeaders(fields: readonly Field[], options: HeaderOptions): Headers {
  const headers = new Headers();
  const isolation = isolationHeaders(options.userAgent);
  const replaced = new Set(isolation.map(([name]) => name));
  for (const [name, value] of fields) {
    if (LEFT_OUT.has(name) || replaced.has(name) || name.startsWith("proxy-")) continue;
    if (options.isChanged && (name === "content-encoding" || name === "content-length")) continue;
    headers.append(name, rewritten(name, value, options));
  }
  for (const [name, value] of isolation) headers.set(name, value);
  return headers;
}

function rewritten(name: string, value: string, options: HeaderOptions): string {
  if (name === "location" || name === "content-location") return locationOnSite(value, options);
  if (name === "refresh") {
    return value.replace(
      /^(\s*[\d.]+\s*[;,]\s*(?:url\s*=\s*)?)(['"]?)(.+?)\2\s*$/i,
      (_, before: string, _quote: string, address: string) =>
        before + locationOnSite(address, options),
    );
  }
  if (name.startsWith("content-security-policy")) return policyForPreview(value, options.nonce);
  return value;
}

/** An address that the guest's server names, as one of this site. */
export function locationOnSite(
  location: string,
  { server, url, path, scope }: Pick<HeaderOptions, "server" | "url" | "path" | "scope">,
): string {
  const own = `http://localhost:${server.port}`;
  if (!URL.canParse(location, own + path)) return location;
  const target = new URL(location, own + path);
  // A server may know this site's own address from a page: it is taken as one of its own.
  if (target.origin === url.origin) {
    return addressOnSite(target, url.origin, scope, server) ?? location;
  }
  if (target.origin === new URL(own).origin) {
    return previewPath(scope, server, target.pathname) + target.search + target.hash;
  }
  return addressOnSite(target, url.origin, scope, server) ?? location;
}
