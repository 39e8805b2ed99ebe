/**
 * Names that are answered here and asked nobody for: those of this network, and those that RFC 6761 and
 * its successors keep out of the public tree.
 */
import { parseIpv4 } from "../link/addresses.ts";

/** The domain of the network's own names. `internal` is for private use (ICANN, 2024-07-29). */
export const LOCAL_DOMAIN = "tabnix.internal";

export interface LocalNames {
  /** The address of one of the network's hosts, by its bare name in lower case. */
  names: (name: string) => number | undefined;
  /** The bare name of the host that has an address. */
  reverse: (address: number) => string | undefined;
}

/** What is known of a name without asking: its records, or that it has none. */
export type LocalAnswer =
  | { kind: "address"; address: number }
  | { kind: "pointer"; name: string }
  | { kind: "no-record" }
  | { kind: "no-such-name" };

const LOOPBACK = 0x7f00_0001;
const REVERSE_DOMAIN = "in-addr.arpa";

/**
 * Domains in which nothing is found from here: for tests, and for what is no name (RFC 6761), multicast
 * DNS (RFC 6762), Tor (RFC 7686), homes (RFC 8375), other systems of names (RFC 9476), private use.
 */
const SPECIAL_DOMAINS = ["test", "invalid", "local", "onion", "home.arpa", "alt", "internal"];

/** Reverse domains of addresses that the public tree says nothing of (RFC 6303), link-local IPv6 among them. */
const PRIVATE_REVERSE =
  /(?:^|\.)(?:(?:0|10|127|254\.169|168\.192|(?:1[6-9]|2[0-9]|3[01])\.172|255\.255\.255\.255)\.in-addr|(?:[89ab]\.e\.f|d\.f|0\.0)\.ip6)\.arpa$/;

/** @returns what this network says of a name; undefined for a name of the public tree */
export function localAnswer(name: string, local: LocalNames): LocalAnswer | undefined {
  // The domain itself is there: to deny it would deny all that is in it (RFC 8020).
  if (name === LOCAL_DOMAIN) return { kind: "no-record" };
  if (isIn(name, "localhost")) return { kind: "address", address: LOOPBACK };
  const host = bareName(name);
  const address = host === undefined ? undefined : local.names(host);
  if (address !== undefined) return { kind: "address", address };
  if (isIn(name, REVERSE_DOMAIN)) {
    const found = pointer(name, local);
    if (found !== undefined) return { kind: "pointer", name: found };
  }
  const isOurs = PRIVATE_REVERSE.test(name) || SPECIAL_DOMAINS.some((domain) => isIn(name, domain));
  return isOurs ? { kind: "no-such-name" } : undefined;
}

/** "host" of "host.tabnix.internal" and of "host" itself. */
function bareName(name: string): string | undefined {
  const host = name.endsWith(`.${LOCAL_DOMAIN}`) ? name.slice(0, -LOCAL_DOMAIN.length - 1) : name;
  return host === "" || host.includes(".") ? undefined : host;
}

function pointer(name: string, local: LocalNames): string | undefined {
  const octets = name.slice(0, -REVERSE_DOMAIN.length - 1).split(".");
  const address = parseIpv4(octets.reverse().join("."));
  if (address === undefined) return undefined;
  if (address === LOOPBACK) return "localhost";
  const host = local.reverse(address);
  return host === undefined ? undefined : `${host}.${LOCAL_DOMAIN}`;
}

/** Whether a name is a domain or one of its names. */
export function isIn(name: string, domain: string): boolean {
  return name === domain || name.endsWith(`.${domain}`);
}
