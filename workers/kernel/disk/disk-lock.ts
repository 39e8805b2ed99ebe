/**
 * The right to use a disk: one kernel has it at a time, in whatever tab (Web Locks). Who wants it asks
 * first, so that the other can save what it has; whoever does not answer loses it all the same.
 */
import { DISK_ASK_MS } from "../../shared/limits.ts";

export interface DiskLockOptions {
  /** Take it from whoever has it. */
  take: boolean;
  /** Somebody asks for it: save everything, and release it. */
  onAsked(): void;
  /** Somebody has taken it without waiting. */
  onLost(): void;
}

/** What holders of a lock listen for. */
const ASK = "ask";

export class DiskLock {
  private readonly giveBack: () => void;
  private readonly channel: BroadcastChannel;

  private constructor(giveBack: () => void, channel: BroadcastChannel) {
    this.giveBack = giveBack;
    this.channel = channel;
  }

  /**
   * @returns undefined while somebody else has it
   * @throws DOMException where the page may not use locks
   */
  static async acquire(disk: string, options: DiskLockOptions): Promise<DiskLock | undefined> {
    const name = `tabnix-disk-${disk}`;
    const lock = await request(name, { ifAvailable: true }, options);
    if (lock || !options.take) return lock;
    const channel = new BroadcastChannel(name);
    channel.postMessage(ASK);
    channel.close();
    const signal = AbortSignal.timeout(DISK_ASK_MS);
    const given = await request(name, { signal }, options).catch(() => undefined);
    return given ?? (await request(name, { steal: true }, options));
  }

  /** Gives the right back. It ends with the worker too. */
  release(): void {
    this.channel.close();
    this.giveBack();
  }

  /** Holds the lock from now on. */
  static hold(name: string, giveBack: () => void, onAsked: () => void): DiskLock {
    const channel = new BroadcastChannel(name);
    channel.onmessage = ({ data }) => {
      if (data === ASK) onAsked();
    };
    return new DiskLock(giveBack, channel);
  }
}

function request(
  name: string,
  options: LockOptions,
  { onAsked, onLost }: DiskLockOptions,
): Promise<DiskLock | undefined> {
  return new Promise((resolve, reject) => {
    let isHeld = false;
    const hold = (lock: Lock | null) => {
      if (!lock) {
        resolve(undefined);
        return undefined;
      }
      isHeld = true;
      return new Promise<void>((release) => {
        resolve(DiskLock.hold(name, release, onAsked));
      });
    };
    navigator.locks.request(name, options, hold).catch((error) => {
      if (isHeld) onLost();
      else reject(error);
    });
  });
}
