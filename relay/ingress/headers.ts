/** What a proxy does to the fields of a message (RFC 9110, 7.6). Fields are flat: name, value, name, value. */
import type { IncomingMessage } from "node:http";

const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "transfer-encoding",
  "upgrade",
];

/** What a visitor could claim to be. The relay says it itself. */
const CLAIMS = /^(forwarded|x-forwarded-.*|x-real-ip)$/;

/** What the guest is told of a visitor. */
export interface Visitor {
  address: string;
  protocol: string;
}

/** The fields of a request for the guest: one connection for each, so that no request follows another's bytes. */
export function requestFields(
  request: IncomingMessage,
  visitor: Visitor,
  upgrade: boolean,
): string[] {
  const chunked = request.headers["transfer-encoding"] !== undefined;
  const fields = endToEnd(request, (name) => CLAIMS.test(name) || (name === "trailer" && !chunked));
  if (chunked) fields.push("Transfer-Encoding", "chunked");
  else if (request.headers["content-length"] === undefined && hasBody(request.method)) {
    fields.push("Content-Length", "0");
  }
  if (upgrade) fields.push("Connection", "Upgrade", "Upgrade", request.headers.upgrade ?? "");
  else fields.push("Connection", "close");
  fields.push("X-Forwarded-For", visitor.address);
  fields.push("X-Forwarded-Proto", visitor.protocol);
  fields.push("X-Forwarded-Host", request.headers.host ?? "");
  return fields;
}

/** The fields of the guest's response for the visitor; framing is the relay's own. */
export function responseFields(response: IncomingMessage, trailers: boolean): string[] {
  return endToEnd(response, (name) => name === "trailer" && !trailers);
}

/** Trailers as pairs. */
export function trailerPairs(message: IncomingMessage): [string, string][] {
  const pairs: [string, string][] = [];
  for (const [name, value] of fieldsOf(message.rawTrailers)) {
    if (!HOP_BY_HOP.includes(name.toLowerCase())) pairs.push([name, value]);
  }
  return pairs;
}

/** How often a field is there. */
export function countField(message: IncomingMessage, wanted: string): number {
  let count = 0;
  for (const [name] of fieldsOf(message.rawHeaders)) if (name.toLowerCase() === wanted) count++;
  return count;
}

function endToEnd(message: IncomingMessage, without: (name: string) => boolean): string[] {
  const named = (message.headers.connection ?? "").toLowerCase().split(",");
  // What frames a message and what routes it is not a connection's to take away.
  const dropped = new Set([
    ...HOP_BY_HOP,
    ...named
      .map((name) => name.trim())
      .filter((name) => name !== "host" && name !== "content-length"),
  ]);
  const fields: string[] = [];
  for (const [name, value] of fieldsOf(message.rawHeaders)) {
    const lower = name.toLowerCase();
    if (!dropped.has(lower) && !without(lower)) fields.push(name, value);
  }
  return fields;
}

function* fieldsOf(raw: string[]): Generator<[name: string, value: string]> {
  for (let i = 0; i + 1 < raw.length; i += 2) yield [raw[i] ?? "", raw[i + 1] ?? ""];
}

function hasBody(method: string | undefined): boolean {
  return method === "POST" || method === "PUT" || method === "PATCH";
}
