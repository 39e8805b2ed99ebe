/** What a network of tabs needs of a browser, in this process: Web Locks (W3C) and channels. */
import { realClock } from "../../../../workers/kernel/network/clock.ts";
import type { LanChannel, LanHost } from "../../../../workers/kernel/network/lan/channel.ts";
import type { LanLocks } from "../../../../workers/kernel/network/lan/number-lease.ts";

interface Request {
  mode: "exclusive" | "shared";
  grant(): void;
}

interface Queue {
  held: Request[];
  waiting: Request[];
}

/** The locks of one origin. {@link MemoryLocks.tab} is what a tab sees of them. */
export class MemoryLocks {
  readonly #queues = new Map<string, Queue>();
  /** Names that somebody has. */
  get held(): string[] {
    return [...this.#queues].filter(([, { held }]) => held.length > 0).map(([name]) => name);
  }

  /** A tab's locks, and its end without a word: the browser gives back what it has. */
  tab(): { locks: LanLocks; crash(): void } {
    const ends = new Set<() => void>();
    const locks: LanLocks = {
      request: (name, { mode = "exclusive", ifAvailable = false, signal }, callback) =>
        new Promise((resolve, reject) => {
          const queue = this.#queue(name);
          const release = () => {
            ends.delete(release);
            queue.held = queue.held.filter((one) => one !== request);
            queue.waiting = queue.waiting.filter((one) => one !== request);
            this.#grant(queue);
          };
          const request: Request = {
            mode,
            grant: () => {
              Promise.resolve(callback({ name, mode })).then(resolve, reject).finally(release);
            },
          };
          if (ifAvailable && !isFree(queue, mode)) {
            resolve(callback(null));
            return;
          }
          signal?.addEventListener("abort", () => {
            release();
            reject(signal.reason);
          });
          ends.add(release);
          queue.waiting.push(request);
          this.#grant(queue);
        }),
    };
    return {
      locks,
      crash: () => {
        for (const end of [...ends]) end();
      },
    };
  }

  #queue(name: string): Queue {
    const queue = this.#queues.get(name) ?? { held: [], waiting: [] };
    this.#queues.set(name, queue);
    return queue;
  }

  #grant(queue: Queue): void {
    for (let next = queue.waiting[0]; next; next = queue.waiting[0]) {
      if (!mayHold(queue, next.mode)) return;
      queue.waiting.shift();
      queue.held.push(next);
      queueMicrotask(next.grant);
    }
  }
}

function mayHold({ held }: Queue, mode: Request["mode"]): boolean {
  return held.length === 0 || (mode === "shared" && held.every((one) => one.mode === "shared"));
}

function isFree(queue: Queue, mode: Request["mode"]): boolean {
  return queue.waiting.length === 0 && mayHold(queue, mode);
}

/** A tab: what {@link LanHost} is to it, and its end without a word. */
export interface Tab extends LanHost {
  crash(): void;
}

/** A tab whose channels are this process's own BroadcastChannels. */
export function makeTab(origin: MemoryLocks, clock = realClock): Tab {
  const { locks, crash } = origin.tab();
  const channels = new Set<BroadcastChannel>();
  return {
    locks,
    clock,
    openChannel: (name) => {
      const channel = new BroadcastChannel(name);
      channels.add(channel);
      return channel as unknown as LanChannel;
    },
    crash: () => {
      for (const channel of channels) channel.close();
      crash();
    },
  };
}
