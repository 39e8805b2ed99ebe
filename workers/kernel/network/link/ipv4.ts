/**
 * IPv4 packets (RFC 791) in Ethernet frames. Options are skipped. A packet is written where it will be sent
 * from: {@link allocatePacket} gives a frame with room for both headers, {@link writeIpv4} fills in the inner.
 */
import { read16, read32, write16, write32 } from "./addresses.ts";
import { addToChecksum, foldChecksum } from "./checksum.ts";
import { ETHERNET_HEADER_BYTES } from "./ethernet.ts";

export const IPV4_HEADER_BYTES = 20;
/** Where the payload of a packet that we have written begins in its frame. */
export const PAYLOAD_OFFSET = ETHERNET_HEADER_BYTES + IPV4_HEADER_BYTES;
export const protocol = { icmp: 1, tcp: 6, udp: 17 } as const;
/** As hosts send it (RFC 1700). */
const TIME_TO_LIVE = 64;
const DONT_FRAGMENT = 0x4000;
const MORE_FRAGMENTS = 0x2000;
const FRAGMENT_OFFSET = 0x1fff;

export interface Ipv4Packet {
  source: number;
  destination: number;
  protocol: number;
  /** Header and payload as they came: what ICMP quotes. */
  bytes: Uint8Array;
  payload: Uint8Array;
  /** Of a fragment: what tells its packet from others, its place in bytes, and that it is not the last. */
  fragment?: { identification: number; offset: number; more: boolean };
}

/** @returns undefined where the frame holds no sound packet: a length or the checksum is wrong */
export function parseIpv4(frame: Uint8Array): Ipv4Packet | undefined {
  const at = ETHERNET_HEADER_BYTES;
  if (frame.length < at + IPV4_HEADER_BYTES || frame[at]! >>> 4 !== 4) return undefined;
  const headerBytes = (frame[at]! & 15) * 4;
  // Ethernet pads short packets: the rest of the frame is not theirs.
  const end = at + read16(frame, at + 2);
  if (headerBytes < IPV4_HEADER_BYTES || end > frame.length || at + headerBytes > end) {
    return undefined;
  }
  if (foldChecksum(addToChecksum(0, frame, at, at + headerBytes)) !== 0) return undefined;
  const flags = read16(frame, at + 6);
  const offset = (flags & FRAGMENT_OFFSET) * 8;
  const more = (flags & MORE_FRAGMENTS) !== 0;
  return {
    source: read32(frame, at + 12),
    destination: read32(frame, at + 16),
    protocol: frame[at + 9]!,
    bytes: frame.subarray(at, end),
    payload: frame.subarray(at + headerBytes, end),
    ...(more || offset > 0
      ? { fragment: { identification: read16(frame, at + 4), offset, more } }
      : {}),
  };
}

/** A frame with room for a payload at {@link PAYLOAD_OFFSET}, all of it zero. */
export function allocatePacket(payloadBytes: number): Uint8Array {
  return new Uint8Array(PAYLOAD_OFFSET + payloadBytes);
}

/** Fills in the header of a packet that is not to be fragmented. The Ethernet header is the link's. */
export function writeIpv4(
  frame: Uint8Array,
  header: { source: number; destination: number; protocol: number },
): void {
  const at = ETHERNET_HEADER_BYTES;
  frame[at] = 0x45;
  write16(frame, at + 2, frame.length - at);
  write16(frame, at + 6, DONT_FRAGMENT);
  frame[at + 8] = TIME_TO_LIVE;
  frame[at + 9] = header.protocol;
  write32(frame, at + 12, header.source);
  write32(frame, at + 16, header.destination);
  write16(frame, at + 10, 0);
  write16(frame, at + 10, foldChecksum(addToChecksum(0, frame, at, at + IPV4_HEADER_BYTES)));
}
