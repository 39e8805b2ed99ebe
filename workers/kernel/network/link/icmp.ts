/** ICMP (RFC 792): echo, and the reasons why a packet did not arrive. */
import { write16 } from "./addresses.ts";
import { addToChecksum, foldChecksum } from "./checksum.ts";
import { allocatePacket, type Ipv4Packet, PAYLOAD_OFFSET } from "./ipv4.ts";

const ECHO_REPLY = 0;
const DESTINATION_UNREACHABLE = 3;
const ECHO_REQUEST = 8;
const HEADER_BYTES = 8;
/** As much of the packet as routers quote (RFC 1812, 4.3.2.3), with the whole at most 576 bytes. */
const QUOTED_BYTES = 548;

/** Codes of "destination unreachable" (RFC 792, RFC 1812). */
export const unreachable = { net: 0, host: 1, port: 3, prohibited: 13 } as const;

/** The answer to an echo request as a frame without an IPv4 header. @returns undefined for anything else */
export function echoReply({ payload }: Ipv4Packet): Uint8Array | undefined {
  if (payload.length < HEADER_BYTES || payload[0] !== ECHO_REQUEST || payload[1] !== 0) {
    return undefined;
  }
  if (foldChecksum(addToChecksum(0, payload, 0, payload.length)) !== 0) return undefined;
  const frame = allocatePacket(payload.length);
  frame.set(payload, PAYLOAD_OFFSET);
  frame[PAYLOAD_OFFSET] = ECHO_REPLY;
  return withChecksum(frame);
}

/** Tells the sender of a packet why it went nowhere. A frame without an IPv4 header. */
export function destinationUnreachable(packet: Ipv4Packet, code: number): Uint8Array {
  const quoted = packet.bytes.subarray(0, QUOTED_BYTES);
  const frame = allocatePacket(HEADER_BYTES + quoted.length);
  frame[PAYLOAD_OFFSET] = DESTINATION_UNREACHABLE;
  frame[PAYLOAD_OFFSET + 1] = code;
  frame.set(quoted, PAYLOAD_OFFSET + HEADER_BYTES);
  return withChecksum(frame);
}

function withChecksum(frame: Uint8Array): Uint8Array {
  write16(frame, PAYLOAD_OFFSET + 2, 0);
  const sum = addToChecksum(0, frame, PAYLOAD_OFFSET, frame.length);
  write16(frame, PAYLOAD_OFFSET + 2, foldChecksum(sum));
  return frame;
}
