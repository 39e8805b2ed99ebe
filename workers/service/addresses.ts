/** Where previews are on the site: `<scope>preview/<machine>/<port>/<path in the guest's server>`. */
import { MAX_PORT } from "../shared/port-number.ts";

/** One server in a machine. */
export interface PreviewServer {
  machine: string;
  /** TCP port. */
  port: number;
}

export interface PreviewAddress extends PreviewServer {
  /** Path in the server, as it is written in the address; empty when even the slash is missing. */
  path: string;
}

const FOLDER = "preview/";
const ADDRESS = /^([^/]+)\/([1-9]\d{0,4})(\/.*)?$/;
/** Hosts that mean the guest itself, in a page of the guest. */
const LOCAL: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]", "0.0.0.0"]);
const DEFAULT_PORTS: Readonly<Record<string, number>> = { "http:": 80, "ws:": 80 };

/** Where the worker answers by itself, below the folder: a document that shows whether panes are isolated. */
export const PROBE = `${FOLDER}.probe`;
/** Where it gives out the script for pages of a server: `.shim/<machine>/<port>`. */
const SHIM = `${FOLDER}.shim/`;

/** The path of a preview on the site. @param scope path of the site, with a slash at its end */
export function previewPath(scope: string, { machine, port }: PreviewServer, path = "/"): string {
  return `${scope}${FOLDER}${machine}/${port}${path}`;
}

/** The path of the script for pages of a server. */
export function shimPath(scope: string, { machine, port }: PreviewServer): string {
  return `${scope}${SHIM}${machine}/${port}`;
}

/** @returns undefined when a path of the site is none of a preview */
export function parsePreviewPath(scope: string, pathname: string): PreviewAddress | undefined {
  return parseBelow(scope + FOLDER, pathname);
}

/** The server for whose pages the script is asked for, if it is. */
export function parseShimPath(scope: string, pathname: string): PreviewServer | undefined {
  return parseBelow(scope + SHIM, pathname);
}

/** Whether a path belongs to previews, be it well-formed or not. */
export function isBelowPreview(scope: string, pathname: string): boolean {
  return pathname.startsWith(scope + FOLDER);
}

/** The guest's port that an absolute address of a page in the guest means, if it means the guest. */
export function localPort(url: URL): number | undefined {
  const standard = DEFAULT_PORTS[url.protocol];
  if (standard === undefined || !LOCAL.has(url.hostname)) return undefined;
  return url.port === "" ? standard : Number(url.port);
}

/**
 * Where an address that a page of a server names is on the site.
 *
 * @param site the site's origin
 * @returns undefined when it needs no change: it is right, or of somebody else
 */
export function addressOnSite(
  url: URL,
  site: string,
  scope: string,
  { machine, port }: PreviewServer,
): string | undefined {
  const rest = url.search + url.hash;
  if (url.origin === site) {
    if (isBelowPreview(scope, url.pathname)) return undefined;
    return previewPath(scope, { machine, port }, url.pathname) + rest;
  }
  const other = url.protocol === "http:" ? localPort(url) : undefined;
  if (other === undefined) return undefined;
  return previewPath(scope, { machine, port: other }, url.pathname) + rest;
}

function parseBelow(folder: string, pathname: string): PreviewAddress | undefined {
  if (!pathname.startsWith(folder)) return undefined;
  const [, machine, digits, path = ""] = ADDRESS.exec(pathname.slice(folder.length)) ?? [];
  const port = Number(digits);
  if (machine === undefined || machine.startsWith(".") || !(port <= MAX_PORT)) return undefined;
  return { machine, port, path };
}
