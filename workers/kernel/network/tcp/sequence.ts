/** Sequence numbers: 32 bits that begin anew after the last (RFC 9293, 3.4). */

export function add(sequence: number, count: number): number {
  return (sequence + count) >>> 0;
}

/** How far `a` is after `b`; negative where it is before. Right for numbers less than 2^31 apart. */
export function distance(a: number, b: number): number {
  return (a - b) | 0;
}

export function isBefore(a: number, b: number): boolean {
  return distance(a, b) < 0;
}

export function later(a: number, b: number): number {
  return isBefore(a, b) ? b : a;
}
