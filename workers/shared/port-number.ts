/** The highest port of TCP and UDP, whose numbers have 16 bits; 0 is none (RFC 9293, section 3.1; RFC 6335). */
export const MAX_PORT = 65_535;

/** Whether something may listen on it. */
export function isPort(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MAX_PORT;
}
