/**
 * Which addresses are of the public Internet: IANA's special-purpose registries (RFC 6890), read strictly,
 * and every form in which an IPv6 address stands for an IPv4 one.
 */
import ipaddr from "ipaddr.js";

/** [network, prefix length, what it is]; the first that matches counts. */
type Range = [network: string, bits: number, what: string];

const SPECIAL_IPV4: Range[] = [
  ["0.0.0.0", 8, "this network"],
  ["10.0.0.0", 8, "a private network"],
  ["100.64.0.0", 10, "a provider's inner network"],
  ["127.0.0.0", 8, "the relay itself"],
  ["169.254.0.0", 16, "a link-local address, as of a cloud's metadata"],
  ["172.16.0.0", 12, "a private network"],
  ["192.0.0.0", 24, "reserved for protocols"],
  ["192.0.2.0", 24, "for documentation"],
  ["192.88.99.0", 24, "a former 6to4 relay"],
  ["192.168.0.0", 16, "a private network"],
  ["198.18.0.0", 15, "for benchmarks"],
  ["198.51.100.0", 24, "for documentation"],
  ["203.0.113.0", 24, "for documentation"],
  ["224.0.0.0", 4, "multicast"],
  ["240.0.0.0", 4, "reserved"],
  // Looks public, and is the host of the virtual machine at Azure.
  ["168.63.129.16", 32, "a cloud's inner service"],
];

/** Of 2000::/3; outside of it nothing is global but NAT64. */
const SPECIAL_IPV6: Range[] = [
  // Teredo, ORCHID, benchmarks: RFC 2928 and its successors.
  ["2001::", 23, "reserved for protocols"],
  ["2001:db8::", 32, "for documentation"],
  ["3fff::", 20, "for documentation"],
];

const GLOBAL_IPV6 = cidr("2000::", 3);
const NAT64 = cidr("64:ff9b::", 96);
const SIX_TO_FOUR = cidr("2002::", 16);

/** The middle of an ISATAP address's lower half (RFC 5214, 6.1), with and without the bit "universal". */
const ISATAP_HIGH = [0x0000, 0x0200];
const ISATAP_LOW = 0x5efe;

/**
 * Why an address is not of the public Internet; undefined when it is.
 *
 * @param address canonical, as `readHost` gives it
 */
export function notGlobal(address: string): string | undefined {
  const parsed = ipaddr.process(address);
  return parsed instanceof ipaddr.IPv4 ? notGlobalIPv4(parsed) : notGlobalIPv6(parsed);
}

function notGlobalIPv4(address: ipaddr.IPv4): string | undefined {
  return find(address, SPECIAL_IPV4);
}

function notGlobalIPv6(address: ipaddr.IPv6): string | undefined {
  if (address.match(NAT64)) return inside(address, 6);
  if (!address.match(GLOBAL_IPV6)) return "not a global unicast address";
  if (address.match(SIX_TO_FOUR)) return inside(address, 1);
  const [, , , , high = 0, low] = address.parts;
  if (low === ISATAP_LOW && ISATAP_HIGH.includes(high)) return inside(address, 6);
  return find(address, SPECIAL_IPV6);
}

/** Judges the IPv4 address that begins with the given one of the eight parts. */
function inside(address: ipaddr.IPv6, part: number): string | undefined {
  const high = address.parts[part] ?? 0;
  const low = address.parts[part + 1] ?? 0;
  const inner = new ipaddr.IPv4([high >> 8, high & 0xff, low >> 8, low & 0xff]);
  const why = notGlobalIPv4(inner);
  return why === undefined ? undefined : `${inner.toString()} in another form, ${why}`;
}

function find(address: ipaddr.IPv4 | ipaddr.IPv6, ranges: Range[]): string | undefined {
  return ranges.find(([network, bits]) => address.match(ipaddr.parse(network), bits))?.[2];
}

function cidr(network: string, bits: number): [ipaddr.IPv6, number] {
  return [ipaddr.IPv6.parse(network), bits];
}
