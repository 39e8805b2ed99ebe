/**
 * A machine's number on a network, held as a Web Lock: the browser gives it back when the tab ends, whichever
 * way, so that no number is ever lost and none is had twice.
 */
import { LAN_FIRST_NUMBER, LAN_LAST_NUMBER } from "../../../shared/limits.ts";
import { numberLock } from "./contract.ts";

/** What is needed of the browser's LockManager. */
export interface LanLocks {
  request(
    name: string,
    options: { mode?: "exclusive" | "shared"; ifAvailable?: boolean; signal?: AbortSignal },
    callback: (lock: unknown) => unknown,
  ): Promise<unknown>;
}

export interface NumberLease {
  readonly number: number;
  release(): void;
}

/**
 * Takes the first number that is free.
 *
 * @param onLost the browser has given the number to somebody else
 * @returns undefined when all are taken
 * @throws DOMException where the page may not use locks
 */
export async function takeNumber(
  locks: LanLocks,
  network: string,
  onLost: () => void,
): Promise<NumberLease | undefined> {
  for (let number = LAN_FIRST_NUMBER; number <= LAN_LAST_NUMBER; number++) {
    const release = await hold(locks, numberLock(network, number), onLost);
    if (release) return { number, release };
  }
  return undefined;
}

/** @returns what gives the lock back; undefined while somebody else has it */
function hold(
  locks: LanLocks,
  name: string,
  onLost: () => void,
): Promise<(() => void) | undefined> {
  return new Promise((resolve, reject) => {
    let isHeld = false;
    const take = (lock: unknown) => {
      if (!lock) {
        resolve(undefined);
        return undefined;
      }
      isHeld = true;
      return new Promise<void>((release) => resolve(release));
    };
    locks.request(name, { ifAvailable: true }, take).catch((error) => {
      if (isHeld) onLost();
      else reject(error);
    });
  });
}

/**
 * Tells when a number's holder is gone. The wait is a request for the lock itself, a shared one: all who
 * wait learn it at once, without asking again and again, and nobody keeps it.
 *
 * @returns what ends the wait
 */
export function watchNumber(
  locks: LanLocks,
  network: string,
  number: number,
  onFree: () => void,
): () => void {
  const ended = new AbortController();
  const onGranted = () => {
    if (!ended.signal.aborted) onFree();
  };
  locks
    .request(numberLock(network, number), { mode: "shared", signal: ended.signal }, onGranted)
    // The wait was ended.
    .catch(() => {});
  return () => ended.abort();
}
