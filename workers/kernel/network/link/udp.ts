/** UDP datagrams (RFC 768) as payloads of IPv4 packets. */
import { read16, write16 } from "./addresses.ts";
import { addToChecksum, foldChecksum, pseudoHeaderSum } from "./checksum.ts";
import { allocatePacket, PAYLOAD_OFFSET, protocol } from "./ipv4.ts";

const UDP_HEADER_BYTES = 8;

/** Who sends a datagram to whom. */
export interface UdpAddresses {
  source: number;
  sourcePort: number;
  destination: number;
  destinationPort: number;
}

export interface UdpDatagram extends UdpAddresses {
  data: Uint8Array;
}

/** What a packet's payload says. @returns undefined where a length or the checksum is wrong */
export function parseUdp(packet: {
  source: number;
  destination: number;
  payload: Uint8Array;
}): UdpDatagram | undefined {
  const { source, destination, payload } = packet;
  if (payload.length < UDP_HEADER_BYTES) return undefined;
  const length = read16(payload, 4);
  if (length < UDP_HEADER_BYTES || length > payload.length) return undefined;
  // A checksum of zero says that there is none.
  if (read16(payload, 6) !== 0) {
    const pseudo = pseudoHeaderSum(source, destination, protocol.udp, length);
    if (foldChecksum(addToChecksum(pseudo, payload, 0, length)) !== 0) return undefined;
  }
  return {
    source,
    destination,
    sourcePort: read16(payload, 0),
    destinationPort: read16(payload, 2),
    data: payload.subarray(UDP_HEADER_BYTES, length),
  };
}

/** A frame whose UDP part is filled in; the IPv4 header is not. */
export function encodeUdp(datagram: UdpDatagram): Uint8Array {
  const { source, destination, data } = datagram;
  const length = UDP_HEADER_BYTES + data.length;
  const frame = allocatePacket(length);
  const at = PAYLOAD_OFFSET;
  write16(frame, at, datagram.sourcePort);
  write16(frame, at + 2, datagram.destinationPort);
  write16(frame, at + 4, length);
  frame.set(data, at + UDP_HEADER_BYTES);
  const pseudo = pseudoHeaderSum(source, destination, protocol.udp, length);
  // A sum that comes out as zero is sent as its other form: zero means none.
  write16(frame, at + 6, foldChecksum(addToChecksum(pseudo, frame, at, frame.length)) || 0xffff);
  return frame;
}
