import type { Field } from "../kernel/network/http/fields.ts";
import { parsePreviewPath } from "./addresses.ts";

/** What belongs to one connection (RFC 9110, section 7.6.1), or is not for the guest to see. */
const LEFT_OUT = new Set(
  "connection keep-alive te trailer transfer-encoding upgrade expect host cookie origin referer accept-encoding content-length service-worker".split(
    " ",
  ),
);
const SAFE = new Set(["GET", "HEAD"]);

/**
 * The fields that the guest's server gets: those of the request, and what browsers add on the network,
 * as if the page came from the server's own address.
 *
 * @param scope path of the site
 * @param languages what the visitor reads, the most wanted first
 */
export function requestFields(
  request: Pick<Request, "headers" | "method" | "referrer">,
  scope: string,
  languages: readonly string[],
): Field[] {
  const fields: Field[] = [...request.headers]
    .filter(([name]) => !LEFT_OUT.has(name) && !name.startsWith("proxy-"))
    .map(([name, value]) => [name, value]);
  const has = (name: string) => fields.some(([other]) => other === name);
  if (!has("accept")) fields.push(["accept", "*/*"]);
  if (!has("accept-language") && languages.length > 0) {
    fields.push(["accept-language", languages.join(",")]);
  }
  // A part of something compressed could not be unpacked.
  fields.push(["accept-encoding", has("range") ? "identity" : "gzip, deflate"]);
  const page = pageOf(request.referrer, scope);
  if (page) fields.push(["referer", page.href]);
  if (page && !SAFE.has(request.method)) fields.push(["origin", page.origin]);
  return fields;
}

/** The address of a page of a preview as its server knows it; undefined for another page. */
export function pageOf(address: string, scope: string): URL | undefined {
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  const preview = parsePreviewPath(scope, url.pathname);
  if (!preview) return undefined;
  return new URL(`http://localhost:${preview.port}${preview.path || "/"}${url.search}`);
}
