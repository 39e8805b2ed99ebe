import type { Eventually } from "../filesystem/contents.ts";

/** What comes after a result: at once when it is there, else when its promise resolves. */
export function andThen<T, U>(
  value: Eventually<T>,
  next: (value: T) => Eventually<U>,
): Eventually<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}
