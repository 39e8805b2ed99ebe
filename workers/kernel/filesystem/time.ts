/** A point in time, as Linux's struct timespec. Immutable, so it may be shared. */
export interface Timestamp {
  /** Whole seconds since 1970, negative before. */
  readonly seconds: number;
  /** 0 to 999,999,999. */
  readonly nanoseconds: number;
}

/** Where the filesystem takes the present from. */
export type Clock = () => Timestamp;

const MILLISECOND = 1e6;
const SECOND = 1000;

/** The machine's own clock. */
export const systemClock: Clock = () => timestampOf(Date.now());

/** @param milliseconds since 1970, fractions allowed */
export function timestampOf(milliseconds: number): Timestamp {
  const seconds = Math.floor(milliseconds / SECOND);
  const rest = milliseconds - seconds * SECOND;
  return { seconds, nanoseconds: Math.floor(rest * MILLISECOND) };
}

/** Negative, zero or positive, as `first` is before, at or after `second`. */
export function compareTimestamps(first: Timestamp, second: Timestamp): number {
  return first.seconds - second.seconds || first.nanoseconds - second.nanoseconds;
}
