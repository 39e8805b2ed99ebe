/**
 * Which frames go from one tab to another. Both ends ask: the sender's tab, so that a guest cannot pass for
 * another, and the receiver's, because the sender's may be another version, or not be Tabnix at all.
 *
 * It matters most that nothing reaches 127.0.0.0/8 of another guest: Linux would take it (`route_localnet`),
 * and so would servers that listen for their own machine only.
 */
import { ETHERNET_OVERHEAD_BYTES, NETWORK_MTU } from "../../../shared/limits.ts";
import { dhcpPort } from "../dhcp/message.ts";
import { IPV4_BROADCAST, MAC_BROADCAST, read16 } from "../link/addresses.ts";
import { ETHERNET_HEADER_BYTES, etherType, parseEthernet } from "../link/ethernet.ts";
import { type Ipv4Packet, parseIpv4, protocol } from "../link/ipv4.ts";
import { NETWORK } from "../network.ts";
import { addressOf, macOf, numberAt } from "./numbers.ts";

export const EVERYBODY = "everybody";

const DIRECTED_BROADCAST = (NETWORK.gateway | ~NETWORK.mask) >>> 0;
/** Where IPv4 multicast begins, and its hardware addresses (RFC 1112, 6.4). */
const FIRST_GROUP = 0xe000_0000;
const LAST_GROUP = 0xefff_ffff;
const GROUP_MAC = 0x0100_5e00_0000;
const GROUP_MAC_BITS = 0x7f_ffff;
/** Version 4, five words of header: no options, which would route or record. */
const PLAIN_HEADER = 0x45;
const UDP_HEADER_BYTES = 8;

/**
 * Where a frame of machine `from` goes.
 *
 * @returns a machine's number or {@link EVERYBODY}; undefined for a frame that stays in its tab
 */
export function destinationOf(
  frame: Uint8Array,
  from: number,
): number | typeof EVERYBODY | undefined {
  if (frame.length > NETWORK_MTU + ETHERNET_OVERHEAD_BYTES) return undefined;
  const header = parseEthernet(frame);
  // ARP is answered in the tab: see Switch.
  if (header?.type !== etherType.ipv4 || header.source !== macOf(from)) return undefined;
  if (frame[ETHERNET_HEADER_BYTES] !== PLAIN_HEADER) return undefined;
  const packet = parseIpv4(frame);
  if (packet?.source !== addressOf(from) || isDhcp(packet)) return undefined;
  const number = numberAt(packet.destination);
  if (number !== undefined) {
    return number !== from && header.destination === macOf(number) ? number : undefined;
  }
  const isToMany = packet.protocol === protocol.udp && header.destination === macToMany(packet);
  return isToMany ? EVERYBODY : undefined;
}

/** Whether a packet could be DHCP: what cannot be told is taken for it. Each tab has a server of its own. */
function isDhcp({ protocol: kind, payload, fragment }: Ipv4Packet): boolean {
  if (kind !== protocol.udp || (fragment?.offset ?? 0) > 0) return false;
  if (payload.length < UDP_HEADER_BYTES) return true;
  const ports: number[] = [read16(payload, 0), read16(payload, 2)];
  return ports.includes(dhcpPort.server) || ports.includes(dhcpPort.client);
}

/** The hardware address of a broadcast or a multicast; undefined where the destination is one host. */
function macToMany({ destination }: Ipv4Packet): number | undefined {
  if (destination === IPV4_BROADCAST || destination === DIRECTED_BROADCAST) return MAC_BROADCAST;
  if (destination < FIRST_GROUP || destination > LAST_GROUP) return undefined;
  return GROUP_MAC + (destination & GROUP_MAC_BITS);
}
