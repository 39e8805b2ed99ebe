/**
 * What a segment for a synchronized connection is good for: the specification's first checks, in its order
 * (RFC 9293, 3.10.7.4).
 */
import type { Receiver } from "./receiver.ts";
import { flag, type Segment } from "./segment.ts";

/**
 * - `take`: it belongs here; its acknowledgement, bytes and FIN are to be looked at.
 * - `drop`: it is not answered.
 * - `acknowledge`: it is answered with what we expect, and nothing else.
 * - `synchronize`: the peer lacks our answer to its SYN.
 * - `reset`: the peer has broken the connection.
 */
export type Verdict = "take" | "drop" | "acknowledge" | "synchronize" | "reset";

/** @param isOpening our answer to the peer's SYN is not acknowledged yet */
export function judge(
  { sequence, flags, payload }: Segment,
  receiver: Receiver,
  isOpening: boolean,
): Verdict {
  const length = payload.length + (flags & flag.fin ? 1 : 0) + (flags & flag.syn ? 1 : 0);
  if (!receiver.accepts(sequence, length)) {
    if (flags & flag.rst) return "drop";
    return isOpening && flags & flag.syn ? "synchronize" : "acknowledge";
  }
  // Only the very next number is believed (RFC 5961, 3.2).
  if (flags & flag.rst) return sequence === receiver.next ? "reset" : "acknowledge";
  if (flags & flag.syn) return "acknowledge";
  return flags & flag.ack ? "take" : "drop";
}
