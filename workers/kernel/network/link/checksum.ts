/** The Internet checksum (RFC 1071) and the pseudo-header that TCP and UDP include in theirs. */

/** @returns the sum of 16-bit words so far; to be finished by {@link foldChecksum} */
export function addToChecksum(sum: number, bytes: Uint8Array, start: number, end: number): number {
  let total = sum;
  let at = start;
  // 65,536 words cannot exceed 2^32, so one fold at the end is enough for any packet.
  for (; at + 1 < end; at += 2) total += (bytes[at]! << 8) | bytes[at + 1]!;
  if (at < end) total += bytes[at]! << 8;
  return total;
}

/** The ones' complement of the sum: 0 for bytes that include a correct checksum. */
export function foldChecksum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded % 0x1_0000) + Math.floor(folded / 0x1_0000);
  return ~folded & 0xffff;
}

/** What TCP (RFC 9293, 3.1) and UDP (RFC 768) add to their checksum of the packet around them. */
export function pseudoHeaderSum(
  source: number,
  destination: number,
  protocol: number,
  length: number,
): number {
  return (
    (source >>> 16) +
    (source & 0xffff) +
    (destination >>> 16) +
    (destination & 0xffff) +
    protocol +
    length
  );
}
