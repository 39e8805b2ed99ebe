/** What a network of tabs needs of the browser; tests bring their own. */
import { type Clock, realClock } from "../clock.ts";
import type { LanLocks } from "./number-lease.ts";

/** What is needed of a BroadcastChannel. */
export interface LanChannel {
  onmessage: ((event: MessageEvent<unknown>) => void) | null;
  postMessage(message: unknown): void;
  close(): void;
}

export interface LanHost {
  locks: LanLocks;
  openChannel(name: string): LanChannel;
  clock: Clock;
}

/** @returns undefined where the browser has no Web Locks (an insecure context), or no BroadcastChannel */
export function browserLanHost(): LanHost | undefined {
  const { locks } = globalThis.navigator ?? {};
  if (!locks || typeof BroadcastChannel === "undefined") return undefined;
  return {
    locks: { request: (name, options, callback) => locks.request(name, options, callback) },
    openChannel: (name) => new BroadcastChannel(name),
    clock: realClock,
  };
}
