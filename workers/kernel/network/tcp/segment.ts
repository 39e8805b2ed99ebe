/** TCP segments (RFC 9293, 3.1) with the options for segment size and window scale (RFC 7323). */
import { read16, read32, write16, write32 } from "../link/addresses.ts";
import { addToChecksum, foldChecksum, pseudoHeaderSum } from "../link/checksum.ts";
import { allocatePacket, PAYLOAD_OFFSET, protocol } from "../link/ipv4.ts";

export const flag = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16 } as const;

const HEADER_BYTES = 20;
const option = { end: 0, nothing: 1, maximumSegmentSize: 2, windowScale: 3 } as const;
const MSS_OPTION_BYTES = 4;
/** With a byte of nothing before it, so that what follows is aligned. */
const SCALE_OPTION_BYTES = 4;
/** The largest shift there is (RFC 7323, 2.3). */
const MAX_WINDOW_SHIFT = 14;

export interface SegmentHeader {
  sourcePort: number;
  destinationPort: number;
  sequence: number;
  acknowledgement: number;
  flags: number;
  /** As it is in the header: not scaled. */
  window: number;
  /** Options, which only segments with SYN may have. */
  maximumSegmentSize?: number;
  windowShift?: number;
}

/** What of a header one connection knows: the ports are the endpoint's. */
export type OutgoingSegment = Omit<SegmentHeader, "sourcePort" | "destinationPort">;

export interface Segment extends SegmentHeader {
  payload: Uint8Array;
}

/** Bytes that are copied to where they are sent from. */
export interface Payload {
  length: number;
  copyTo(target: Uint8Array, at: number): void;
}

/** What a packet's payload says. @returns undefined where a length or the checksum is wrong */
export function parseSegment(packet: {
  source: number;
  destination: number;
  payload: Uint8Array;
}): Segment | undefined {
  const { source, destination, payload: bytes } = packet;
  if (bytes.length < HEADER_BYTES) return undefined;
  const headerBytes = (bytes[12]! >>> 4) * 4;
  if (headerBytes < HEADER_BYTES || headerBytes > bytes.length) return undefined;
  const pseudo = pseudoHeaderSum(source, destination, protocol.tcp, bytes.length);
  if (foldChecksum(addToChecksum(pseudo, bytes, 0, bytes.length)) !== 0) return undefined;
  const flags = bytes[13]!;
  return {
    sourcePort: read16(bytes, 0),
    destinationPort: read16(bytes, 2),
    sequence: read32(bytes, 4),
    acknowledgement: read32(bytes, 8),
    flags,
    window: read16(bytes, 14),
    ...(flags & flag.syn ? parseOptions(bytes.subarray(HEADER_BYTES, headerBytes)) : {}),
    payload: bytes.subarray(headerBytes),
  };
}

/** Reads the options that are known; the rest, and what makes no sense, is passed over. */
function parseOptions(
  bytes: Uint8Array,
): Pick<SegmentHeader, "maximumSegmentSize" | "windowShift"> {
  const options: Pick<SegmentHeader, "maximumSegmentSize" | "windowShift"> = {};
  for (let at = 0; at < bytes.length; ) {
    const kind = bytes[at]!;
    if (kind === option.end) break;
    if (kind === option.nothing) {
      at++;
      continue;
    }
    const length = bytes[at + 1] ?? 0;
    if (length < 2 || at + length > bytes.length) break;
    if (kind === option.maximumSegmentSize && length === 4) {
      options.maximumSegmentSize = read16(bytes, at + 2);
    } else if (kind === option.windowScale && length === 3) {
      options.windowShift = Math.min(bytes[at + 2]!, MAX_WINDOW_SHIFT);
    }
    at += length;
  }
  return options;
}

/** A frame whose TCP part is filled in; the IPv4 header is not. */
export function encodeSegment(
  header: SegmentHeader,
  addresses: { source: number; destination: number },
  payload?: Payload,
): Uint8Array {
  const { maximumSegmentSize, windowShift } = header;
  const headerBytes =
    HEADER_BYTES +
    (maximumSegmentSize === undefined ? 0 : MSS_OPTION_BYTES) +
    (windowShift === undefined ? 0 : SCALE_OPTION_BYTES);
  const length = headerBytes + (payload?.length ?? 0);
  const frame = allocatePacket(length);
  const start = PAYLOAD_OFFSET;
  write16(frame, start, header.sourcePort);
  write16(frame, start + 2, header.destinationPort);
  write32(frame, start + 4, header.sequence);
  write32(frame, start + 8, header.acknowledgement);
  frame[start + 12] = (headerBytes / 4) << 4;
  frame[start + 13] = header.flags;
  write16(frame, start + 14, header.window);
  let at = start + HEADER_BYTES;
  if (maximumSegmentSize !== undefined) {
    frame[at] = option.maximumSegmentSize;
    frame[at + 1] = MSS_OPTION_BYTES;
    write16(frame, at + 2, maximumSegmentSize);
    at += MSS_OPTION_BYTES;
  }
  if (windowShift !== undefined) {
    frame[at] = option.nothing;
    frame[at + 1] = option.windowScale;
    frame[at + 2] = SCALE_OPTION_BYTES - 1;
    frame[at + 3] = windowShift;
    at += SCALE_OPTION_BYTES;
  }
  payload?.copyTo(frame, at);
  const { source, destination } = addresses;
  const pseudo = pseudoHeaderSum(source, destination, protocol.tcp, length);
  write16(frame, start + 16, foldChecksum(addToChecksum(pseudo, frame, start, frame.length)));
  return frame;
}
