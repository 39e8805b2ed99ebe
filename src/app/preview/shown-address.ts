/** Addresses as the visitor reads and types them: those of the machine. */
import { parsePreviewPath } from "../../../workers/service/addresses.ts";
import { isPort } from "../../../workers/shared/port-number.ts";

export interface ShownAddress {
  port: number;
  /** Path, query and fragment. */
  path: string;
}

const TYPED =
  /^(?:http:\/\/)?(?:(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])?:?(\d{1,5})?)?([/?#].*)?$/i;

/** @param current the port that an address without one means; undefined for none */
export function parseTyped(text: string, current: number | undefined): ShownAddress | undefined {
  const [, digits, path = "/"] = TYPED.exec(text.trim()) ?? [undefined, "", ""];
  if (path === "") return undefined;
  const isHost = /^(?:http:\/\/)?(?:localhost|127|0\.|\[)/i.test(text.trim());
  const port = digits ? Number(digits) : isHost ? undefined : current;
  if (!isPort(port)) return undefined;
  return { port, path: path.startsWith("/") ? path : `/${path}` };
}

/** As it is shown: `localhost:8080/path`. */
export function shown({ port, path }: ShownAddress): string {
  return `localhost:${port}${path}`;
}

/** What a page of a preview says about its own address on the site of previews; undefined when it is none. */
export function parseReported(site: URL, address: string): ShownAddress | undefined {
  if (!URL.canParse(address, site)) return undefined;
  const { pathname, search, hash } = new URL(address, site);
  const preview = parsePreviewPath(site.pathname, pathname);
  return preview && { port: preview.port, path: (preview.path || "/") + search + hash };
}
