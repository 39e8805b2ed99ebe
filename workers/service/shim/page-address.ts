import { addressOnSite, parsePreviewPath } from "../addresses.ts";
import type { ShimConfig } from "../contract.ts";

/** An address that the page names, as one of this site; undefined when it needs no change. */
export function mended(address: string | URL, config: ShimConfig): string | undefined {
  try {
    const url = new URL(address, document.baseURI);
    return addressOnSite(url, location.origin, config.scope, config);
  } catch {
    // The browser says what is wrong with it.
    return undefined;
  }
}

/** The path of this page in its server. */
export function ownPath(config: ShimConfig): string {
  return parsePreviewPath(config.scope, location.pathname)?.path || "/";
}
