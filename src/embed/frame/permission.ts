/**
 * What a set-up in a frame may use. The page around can lay anything over a frame, so a click in it is no
 * consent, and it can read all that its machine has: what needs consent, and what only this site's own
 * pages could read, is not to be had.
 */
import { type Need, needsOf } from "../../setup/needs.ts";
import type { LoadedSetup } from "../../setup/setup.ts";

/** Slashes that a server may take for such, and that an address does not show. */
const HIDDEN_SLASH = /%2f|%5c/i;

/**
 * Whether it has to be opened in a tab of its own, which asks.
 *
 * @param site the folder of the site, absolute
 */
export function needsTab(loaded: LoadedSetup, site: URL): boolean {
  const { setup, base, isFetched } = loaded;
  const isForbidden = ({ type }: Need) => type !== "saved-files";
  // There are no previews in a frame, and its files are never the saved ones.
  if (needsOf(loaded, { previewsShareStorage: false }).some(isForbidden)) return true;
  const urls = setup.files.flatMap(({ content }) =>
    "url" in content ? [new URL(content.url, base)] : [],
  );
  return [...urls, ...(isFetched ? [base] : [])].some((url) => !mayFetch(url, site));
}

/** Of the origin of the site, only what belongs to the site: it is public. */
export function mayFetch(url: URL, site: URL): boolean {
  if (url.origin !== site.origin) return true;
  return url.pathname.startsWith(site.pathname) && !HIDDEN_SLASH.test(url.pathname);
}
