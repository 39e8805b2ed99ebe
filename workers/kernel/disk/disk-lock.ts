/** The right to use a disk: one kernel has it at a time, in whatever tab (Web Locks). */

export interface DiskLockOptions {
  /** Take it from whoever has it, who is told. */
  take: boolean;
  /** Somebody else has taken it. */
  onLost(): void;
}

export class DiskLock {
  /** Gives the right back. It ends with the worker too. */
  readonly release: () => void;

  private constructor(release: () => void) {
    this.release = release;
  }

  /**
   * @returns undefined while somebody else has it
   * @throws DOMException where the page may not use locks
   */
  static acquire(disk: string, { take, onLost }: DiskLockOptions): Promise<DiskLock | undefined> {
    return new Promise((resolve, reject) => {
      let isHeld = false;
      const hold = (lock: Lock | null) => {
        if (!lock) {
          resolve(undefined);
          return undefined;
        }
        isHeld = true;
        return new Promise<void>((release) => {
          resolve(new DiskLock(release));
        });
      };
      const options = take ? { steal: true } : { ifAvailable: true };
      navigator.locks.request(`tabnix-disk-${disk}`, options, hold).catch((error) => {
        if (isHeld) onLost();
        else reject(error);
      });
    });
  }
}
