/** ARP for IPv4 over Ethernet (RFC 826): messages as whole frames. */
import { MAC_BROADCAST, read16, read32, readMac, write16, write32, writeMac } from "./addresses.ts";
import { ETHERNET_HEADER_BYTES, etherType, writeEthernet } from "./ethernet.ts";

const ARP_BYTES = 28;
const HARDWARE_ETHERNET = 1;
export const arpOperation = { request: 1, reply: 2 } as const;

export interface ArpMessage {
  operation: number;
  senderMac: number;
  senderAddress: number;
  targetMac: number;
  targetAddress: number;
}

/** @returns undefined where the frame holds no ARP message for IPv4 over Ethernet */
export function parseArp(frame: Uint8Array): ArpMessage | undefined {
  const at = ETHERNET_HEADER_BYTES;
  if (frame.length < at + ARP_BYTES) return undefined;
  const isForUs =
    read16(frame, at) === HARDWARE_ETHERNET &&
    read16(frame, at + 2) === etherType.ipv4 &&
    frame[at + 4] === 6 &&
    frame[at + 5] === 4;
  if (!isForUs) return undefined;
  return {
    operation: read16(frame, at + 6),
    senderMac: readMac(frame, at + 8),
    senderAddress: read32(frame, at + 14),
    targetMac: readMac(frame, at + 18),
    targetAddress: read32(frame, at + 24),
  };
}

/** A frame: requests go to everybody. */
export function encodeArp(message: ArpMessage): Uint8Array {
  const frame = new Uint8Array(ETHERNET_HEADER_BYTES + ARP_BYTES);
  const isRequest = message.operation === arpOperation.request;
  writeEthernet(frame, {
    destination: isRequest ? MAC_BROADCAST : message.targetMac,
    source: message.senderMac,
    type: etherType.arp,
  });
  const at = ETHERNET_HEADER_BYTES;
  write16(frame, at, HARDWARE_ETHERNET);
  write16(frame, at + 2, etherType.ipv4);
  frame[at + 4] = 6;
  frame[at + 5] = 4;
  write16(frame, at + 6, message.operation);
  writeMac(frame, at + 8, message.senderMac);
  write32(frame, at + 14, message.senderAddress);
  writeMac(frame, at + 18, isRequest ? 0 : message.targetMac);
  write32(frame, at + 24, message.targetAddress);
  return frame;
}
