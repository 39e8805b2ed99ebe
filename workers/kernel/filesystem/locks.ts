/**
 * Advisory record locks, as 9P carries them: POSIX locks and flock look alike on the wire. Shared by
 * everybody who uses the tree. A lock belongs to a process of a client and to the open file it was made
 * through; two requests conflict only when both differ, because a client decides between the users of
 * one open file (flock after fork) by itself.
 */
import { MAX_LOCKS_PER_FILE } from "../../shared/limits.ts";
import { PosixError } from "./posix-error.ts";

/** Who holds or asks for a lock. */
export interface LockOwner {
  /** Name of the client and number of the process in it. */
  client: string;
  process: number;
  /** Identity of the open file; compared by reference. */
  file: object;
}

/** A range of bytes; `end` is exclusive and may be Infinity. */
export interface LockRange {
  start: number;
  end: number;
}

/** A lock that is held. */
export interface HeldLock extends LockRange {
  exclusive: boolean;
  owner: LockOwner;
}

export class LockTable {
  private readonly files = new Map<number, HeldLock[]>();

  /** The first lock that keeps `owner` from having this one, if any. */
  conflict(
    inode: number,
    owner: LockOwner,
    range: LockRange,
    exclusive: boolean,
  ): HeldLock | undefined {
    return this.files
      .get(inode)
      ?.find(
        (held) =>
          overlaps(held, range) && (exclusive || held.exclusive) && !sameOwner(held.owner, owner),
      );
  }

  /**
   * Locks a range, replacing the owner's own locks there.
   *
   * @returns false when somebody else's lock is in the way
   * @throws PosixError ENOLCK when there are too many locks on the file
   */
  lock(inode: number, owner: LockOwner, range: LockRange, exclusive: boolean): boolean {
    if (this.conflict(inode, owner, range, exclusive)) return false;
    if ((this.files.get(inode)?.length ?? 0) >= MAX_LOCKS_PER_FILE) throw new PosixError("ENOLCK");
    const rest = this.without(inode, owner, range);
    this.files.set(inode, [...rest, { ...range, exclusive, owner }]);
    return true;
  }

  /** Releases the owner's locks in a range, splitting those that reach beyond it. */
  unlock(inode: number, owner: LockOwner, range: LockRange): void {
    this.store(inode, this.without(inode, owner, range));
  }

  /** Releases every lock made through an open file: when it is closed. */
  release(inode: number, file: object): void {
    const locks = this.files.get(inode);
    if (locks)
      this.store(
        inode,
        locks.filter((held) => held.owner.file !== file),
      );
  }

  /** The locks made through an open file, for saving them. */
  heldBy(inode: number, file: object): HeldLock[] {
    return this.files.get(inode)?.filter((held) => held.owner.file === file) ?? [];
  }

  /** The locks of a file with the owner's taken out of a range. */
  private without(inode: number, owner: LockOwner, range: LockRange): HeldLock[] {
    return (this.files.get(inode) ?? []).flatMap((held) => {
      if (!sameOwner(held.owner, owner) || !overlaps(held, range)) return [held];
      return [
        { ...held, end: range.start },
        { ...held, start: range.end },
      ].filter((part) => part.start < part.end);
    });
  }

  private store(inode: number, locks: HeldLock[]): void {
    if (locks.length > 0) this.files.set(inode, locks);
    else this.files.delete(inode);
  }
}

function overlaps(first: LockRange, second: LockRange): boolean {
  return first.start < second.end && second.start < first.end;
}

function sameOwner(first: LockOwner, second: LockOwner): boolean {
  if (first.file === second.file) return true;
  return first.process === second.process && first.client === second.client;
}
