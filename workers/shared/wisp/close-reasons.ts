/** Why WISP streams close ("Close Reasons" of the protocol), and what a program is told of it. */
import { NetworkError, type NetworkErrorCode } from "../byte-stream.ts";

/** The reasons, by what they say. */
export const CLOSE_REASON = {
  unspecified: 0x01,
  /** One side has closed the stream on purpose: the end of a TCP connection. */
  voluntary: 0x02,
  networkError: 0x03,
  /** Only on stream 0, during the handshake. */
  incompatible: 0x04,
  invalid: 0x41,
  unreachable: 0x42,
  timeout: 0x43,
  refused: 0x44,
  transferTimeout: 0x47,
  blocked: 0x48,
  throttled: 0x49,
  /** The client cannot take any more data. */
  clientError: 0x81,
  wrongPassword: 0xc0,
  wrongSignature: 0xc1,
  authenticationRequired: 0xc2,
} as const;

const MEANINGS: Record<number, [NetworkErrorCode, string]> = {
  [CLOSE_REASON.voluntary]: ["ECONNRESET", "the connection was closed"],
  [CLOSE_REASON.networkError]: ["ECONNRESET", "the connection broke"],
  [CLOSE_REASON.invalid]: ["EACCES", "the relay does not take this address or port"],
  [CLOSE_REASON.unreachable]: ["EHOSTUNREACH", "the host cannot be reached or does not exist"],
  [CLOSE_REASON.timeout]: ["ETIMEDOUT", "the host did not answer"],
  [CLOSE_REASON.refused]: ["ECONNREFUSED", "the host refused the connection"],
  [CLOSE_REASON.transferTimeout]: ["ETIMEDOUT", "the connection was silent for too long"],
  [CLOSE_REASON.blocked]: ["EACCES", "the relay's policy does not allow this destination"],
  [CLOSE_REASON.throttled]: ["ECONNABORTED", "the relay's limit of connections is reached"],
};

/** The error of a stream that was closed for `reason`, known or not; `what` names the stream. */
export function closeError(reason: number, what: string): NetworkError {
  const known = MEANINGS[reason];
  if (known) return new NetworkError(known[0], `${what}: ${known[1]}.`);
  return new NetworkError("ECONNRESET", `${what}: closed for reason 0x${reason.toString(16)}.`);
}

/** The reason that tells a client of an errno, the relay's own or the system's. */
export function reasonOf(code: string | undefined): number {
  switch (code) {
    case "ECONNREFUSED":
      return CLOSE_REASON.refused;
    case "ETIMEDOUT":
      return CLOSE_REASON.timeout;
    case "EACCES":
      return CLOSE_REASON.blocked;
    case "EINVAL":
      return CLOSE_REASON.invalid;
    case "ECONNABORTED":
      return CLOSE_REASON.throttled;
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return CLOSE_REASON.unreachable;
    default:
      return CLOSE_REASON.networkError;
  }
}
