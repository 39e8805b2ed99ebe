/** DHCP messages (RFC 2131, section 2; options: RFC 2132) as payloads of UDP datagrams. */

import { DHCP_MESSAGE_BYTES } from "../../../shared/limits.ts";
import { read16, read32, readMac, write16, write32, writeMac } from "../link/addresses.ts";

export const dhcpPort = { server: 67, client: 68 } as const;

/** The field `op`. */
export const bootOperation = { request: 1, reply: 2 } as const;

/** Option 53 (RFC 2132, 9.6). */
export const dhcpType = {
  discover: 1,
  offer: 2,
  request: 3,
  decline: 4,
  ack: 5,
  nak: 6,
  release: 7,
  inform: 8,
} as const;

/** Codes of the options that are read or written here. */
export const dhcpOption = {
  pad: 0,
  subnetMask: 1,
  router: 3,
  domainNameServer: 6,
  hostName: 12,
  domainName: 15,
  interfaceMtu: 26,
  broadcastAddress: 28,
  requestedAddress: 50,
  leaseTime: 51,
  messageType: 53,
  serverIdentifier: 54,
  message: 56,
  renewalTime: 58,
  rebindingTime: 59,
  clientIdentifier: 61,
  end: 255,
} as const;

/** Where the fixed fields are. `sname` and `file` are not used: the option that puts options there is skipped. */
const at = {
  operation: 0,
  hardwareType: 1,
  hardwareBytes: 2,
  transaction: 4,
  flags: 10,
  clientAddress: 12,
  yourAddress: 16,
  serverAddress: 20,
  relayAddress: 24,
  hardware: 28,
  cookie: 236,
  options: 240,
} as const;
const HARDWARE_ETHERNET = 1;
const MAC_BYTES = 6;
const MAGIC_COOKIE = 0x6382_5363;
const BROADCAST = 0x8000;
/** BOOTP's size (RFC 951): some clients and relays take nothing shorter. */
const LEAST_BYTES = 300;

export interface DhcpMessage {
  operation: number;
  transaction: number;
  /** The client cannot take datagrams to an address that it does not have yet (RFC 2131, 4.1). */
  broadcast: boolean;
  /** The address that the client has, `ciaddr`, or 0. */
  clientAddress: number;
  /** The address that it is given, `yiaddr`, or 0. */
  yourAddress: number;
  /** Of a relay agent between client and server, `giaddr`, or 0. */
  relayAddress: number;
  hardware: number;
  /** Option 53. */
  type: number;
  /** All options by their codes. Of one that is there twice, the first. */
  options: Map<number, Uint8Array>;
}

/** @returns undefined for what is no DHCP message of an Ethernet station. The options are views. */
export function parseDhcp(payload: Uint8Array): DhcpMessage | undefined {
  if (payload.length < at.options || payload.length > DHCP_MESSAGE_BYTES) return undefined;
  const isEthernet =
    payload[at.hardwareType] === HARDWARE_ETHERNET && payload[at.hardwareBytes] === MAC_BYTES;
  if (!isEthernet || read32(payload, at.cookie) !== MAGIC_COOKIE) return undefined;
  const options = parseOptions(payload);
  const type = options?.get(dhcpOption.messageType);
  if (!options || type?.length !== 1) return undefined;
  return {
    operation: payload[at.operation]!,
    transaction: read32(payload, at.transaction),
    broadcast: (read16(payload, at.flags) & BROADCAST) !== 0,
    clientAddress: read32(payload, at.clientAddress),
    yourAddress: read32(payload, at.yourAddress),
    relayAddress: read32(payload, at.relayAddress),
    hardware: readMac(payload, at.hardware),
    type: type[0]!,
    options,
  };
}

/** @returns undefined where an option is longer than the message */
function parseOptions(payload: Uint8Array): Map<number, Uint8Array> | undefined {
  const options = new Map<number, Uint8Array>();
  let from: number = at.options;
  while (from < payload.length && payload[from] !== dhcpOption.end) {
    const code = payload[from++]!;
    if (code === dhcpOption.pad) continue;
    const end = from + 1 + (payload[from] ?? Number.POSITIVE_INFINITY);
    if (end > payload.length) return undefined;
    if (!options.has(code)) options.set(code, payload.subarray(from + 1, end));
    from = end;
  }
  return options;
}

/** @returns the address that an option holds, or undefined where there is none */
export function addressOption({ options }: DhcpMessage, code: number): number | undefined {
  const value = options.get(code);
  return value?.length === 4 ? read32(value, 0) : undefined;
}

/** The value of an option: a number of two or four octets. */
export function optionValue(value: number, bytes: 2 | 4): Uint8Array {
  const octets = new Uint8Array(bytes);
  if (bytes === 2) write16(octets, 0, value);
  else write32(octets, 0, value);
  return octets;
}

/** Writes a message: its type first, the other options in the order of the map, each at most 255 octets. */
export function encodeDhcp(message: DhcpMessage): Uint8Array {
  const options = new Map<number, Uint8Array>();
  options.set(dhcpOption.messageType, Uint8Array.of(message.type));
  for (const [code, value] of message.options) {
    if (code !== dhcpOption.messageType) options.set(code, value);
  }
  let size = at.options + 1;
  for (const value of options.values()) size += 2 + value.length;
  const bytes = new Uint8Array(Math.max(size, LEAST_BYTES));
  bytes[at.operation] = message.operation;
  bytes[at.hardwareType] = HARDWARE_ETHERNET;
  bytes[at.hardwareBytes] = MAC_BYTES;
  write32(bytes, at.transaction, message.transaction);
  write16(bytes, at.flags, message.broadcast ? BROADCAST : 0);
  write32(bytes, at.clientAddress, message.clientAddress);
  write32(bytes, at.yourAddress, message.yourAddress);
  write32(bytes, at.relayAddress, message.relayAddress);
  writeMac(bytes, at.hardware, message.hardware);
  write32(bytes, at.cookie, MAGIC_COOKIE);
  let to: number = at.options;
  for (const [code, value] of options) {
    bytes[to] = code;
    bytes[to + 1] = value.length;
    bytes.set(value, to + 2);
    to += 2 + value.length;
  }
  bytes[to] = dhcpOption.end;
  return bytes;
}
