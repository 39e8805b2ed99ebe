/** The files of one version of the app, as the build lists them in the service worker. */

export interface AppFile {
  /** Relative to the scope; of the app's own page `index.html`. */
  path: string;
  /** Of its content, lower-case hexadecimal. */
  sha256: string;
  /** In bytes. */
  size: number;
  /** Not fetched before something asks for it: large, and not needed to start. */
  isLazy: boolean;
}

export interface AppFiles {
  /** Names the version: a hash of all that is listed. Empty while developing, where nothing is kept. */
  version: string;
  files: readonly AppFile[];
}

/** The page that the site's root shows. */
export const INDEX = "index.html";

/** The path of a file on the site, relative to the scope. @returns undefined when it is elsewhere */
export function pathInScope(scope: string, pathname: string): string | undefined {
  if (!pathname.startsWith(scope)) return undefined;
  return pathname.slice(scope.length) || INDEX;
}
