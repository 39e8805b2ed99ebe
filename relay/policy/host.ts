/** What a spelled host is: an address in one of its many notations, a name, or nothing. */
import { isIPv4, isIPv6 } from "node:net";
import { domainToASCII } from "node:url";
import ipaddr from "ipaddr.js";

/** A host as it is meant. */
export type Host =
  /** Canonical text: IPv4 dotted, IPv6 as in RFC 5952; IPv4-mapped IPv6 is the IPv4 address. */
  | { kind: "address"; address: string }
  /** ASCII, lower case, without the dot at the end. */
  | { kind: "name"; name: string }
  | { kind: "invalid"; why: string };

const MAX_NAME = 253;
const MAX_LABEL = 63;
const LABEL = /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?$/;
/** What a URL would take for something else than a part of its host; controls and blanks besides. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const FOREIGN = /[\u0000-\u0020\u007f/?#@\\%<>^|:[\]]/;

/**
 * Reads a host. Notations of IPv4 (octal, hexadecimal, one number, fewer parts, fullwidth digits) are
 * read as the URL standard reads them ("host parsing"), so that nobody else means another address.
 */
export function readHost(host: string): Host {
  if (host.includes(":")) return readIPv6(host.replace(/^\[(.*)\]$/, "$1"));
  if (FOREIGN.test(host)) return invalid("it has characters that no host has");
  const ascii = domainToASCII(host);
  if (ascii === "") return invalid("it is neither a name nor an address");
  if (isIPv4(ascii)) return { kind: "address", address: ascii };
  const name = ascii.endsWith(".") ? ascii.slice(0, -1) : ascii;
  if (name.length > MAX_NAME) return invalid("it is too long for a name");
  for (const label of name.split(".")) {
    if (label.length > MAX_LABEL || !LABEL.test(label)) return invalid(`"${label}" is no label`);
  }
  return { kind: "name", name };
}

function readIPv6(text: string): Host {
  // A zone would choose the network card.
  if (text.includes("%")) return invalid("it has a zone");
  if (!isIPv6(text)) return invalid("it is no IPv6 address");
  return { kind: "address", address: canonical(text) };
}

/** One spelling for each address; see {@link Host}. `text` is a valid address without a zone. */
export function canonical(text: string): string {
  return ipaddr.process(text).toString();
}

function invalid(why: string): Host {
  return { kind: "invalid", why };
}
