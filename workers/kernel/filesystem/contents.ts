/**
 * Contents of regular files: the base's until the first write, then the overlay's. Operations on one
 * inode take effect in the order they were asked for, also while the base content is being fetched;
 * operations on other inodes never wait for it.
 */
import { MAX_FILE_SIZE } from "../../shared/limits.ts";
import type { BaseCache } from "./base-cache.ts";
import { BaseFailure } from "./base-failure.ts";
import type { Inode } from "./inode.ts";
import type { OverlayBackend } from "./overlay.ts";
import { PosixError } from "./posix-error.ts";

/** A result that is there at once unless base content must be fetched first. */
export type Eventually<T> = T | Promise<T>;

export class Contents {
  private readonly base: BaseCache | undefined;
  private readonly overlay: OverlayBackend;
  private readonly copiedUp: (inode: Inode) => void;

  /** @param copiedUp called when the overlay has taken over the content of a base file */
  constructor(
    base: BaseCache | undefined,
    overlay: OverlayBackend,
    copiedUp: (inode: Inode) => void,
  ) {
    this.base = base;
    this.overlay = overlay;
    this.copiedUp = copiedUp;
  }

  /** Whether {@link read} gives its result at once. */
  isAtHand({ busy, base }: Inode): boolean {
    return busy === undefined && (base === undefined || this.base?.has(base) === true);
  }

  /**
   * Fills `target` from `offset`.
   *
   * @returns bytes read: fewer than `target.length` only at the end of the file
   */
  read(inode: Inode, offset: number, target: Uint8Array): Eventually<number> {
    if (inode.busy === undefined) {
      if (inode.base === undefined) return this.readOverlay(inode, offset, target);
      const content = this.baseContent(inode);
      if (content instanceof Uint8Array) return readBytes(content, offset, target);
    }
    return this.inOrder(inode, () => {
      if (inode.base === undefined) return this.readOverlay(inode, offset, target);
      const content = this.baseContent(inode);
      if (content instanceof Uint8Array) return readBytes(content, offset, target);
      return this.whenFetched(inode, content, (bytes) => readBytes(bytes, offset, target));
    });
  }

  /**
   * Writes all of `source`, which must not change until the result is there.
   *
   * @param offset "end" appends
   * @param written called when the bytes are in place, with the end of what was written
   * @throws PosixError EFBIG, ENOSPC
   */
  write(
    inode: Inode,
    offset: number | "end",
    source: Uint8Array,
    written: (end: number) => void,
  ): Eventually<void> {
    return this.change(inode, () => {
      const start = offset === "end" ? inode.size : offset;
      const end = start + source.length;
      if (end > MAX_FILE_SIZE) throw new PosixError("EFBIG");
      this.overlay.write(inode.number, start, source);
      written(end);
    });
  }

  /**
   * Makes the file `size` bytes long. To nothing, the base need not be fetched.
   *
   * @param done called when the length has changed
   * @throws PosixError EFBIG
   */
  truncate(inode: Inode, size: number, done: () => void): Eventually<void> {
    if (size > MAX_FILE_SIZE) throw new PosixError("EFBIG");
    const cut = () => {
      if (size < inode.size) this.overlay.truncate(inode.number, size);
      done();
    };
    if (size > 0) return this.change(inode, cut);
    return this.inOrder(inode, () => {
      inode.base = undefined;
      cut();
    });
  }

  /** Forgets the content of an inode that is gone, after what still waits on it. */
  remove(inode: Inode): void {
    if (inode.busy === undefined) this.overlay.remove(inode.number);
    else void inode.busy.then(() => this.remove(inode));
  }

  /** Runs `operation` on content that the overlay has, copying it up first if need be. */
  private change(inode: Inode, operation: () => void): Eventually<void> {
    if (inode.busy === undefined && inode.base === undefined) return operation();
    return this.inOrder(inode, () => {
      if (inode.base === undefined) return operation();
      const content = this.baseContent(inode);
      if (content instanceof Uint8Array) {
        this.copyUp(inode, content);
        return operation();
      }
      return this.whenFetched(inode, content, (bytes) => {
        this.copyUp(inode, bytes);
        operation();
      });
    });
  }

  private copyUp(inode: Inode, content: Uint8Array): void {
    this.overlay.write(inode.number, 0, content);
    inode.base = undefined;
    this.copiedUp(inode);
  }

  private baseContent(inode: Inode): Eventually<Uint8Array> {
    if (!this.base || !inode.base) throw new PosixError("EIO", "there is no store for base files");
    return this.base.get(inode.base);
  }

  /** @throws BaseFailure (by the promise) when there is no content */
  private whenFetched<T>(
    inode: Inode,
    content: Promise<Uint8Array>,
    act: (bytes: Uint8Array) => T,
  ): Promise<T> {
    return content.then(act, (error) => {
      throw new BaseFailure(inode, error);
    });
  }

  private readOverlay(inode: Inode, offset: number, target: Uint8Array): number {
    const length = Math.max(0, Math.min(target.length, inode.size - offset));
    if (length > 0) this.overlay.read(inode.number, offset, target.subarray(0, length));
    return length;
  }

  /** Runs `operation` after those that wait on the same inode; at once if none does. */
  private inOrder<T>(inode: Inode, operation: () => Eventually<T>): Eventually<T> {
    const result = inode.busy === undefined ? operation() : inode.busy.then(operation);
    if (result instanceof Promise) {
      const settled = result.then(ignore, ignore);
      inode.busy = settled;
      void settled.then(() => {
        if (inode.busy === settled) inode.busy = undefined;
      });
    }
    return result;
  }
}

function ignore(): void {}

function readBytes(content: Uint8Array, offset: number, target: Uint8Array): number {
  const length = Math.max(0, Math.min(target.length, content.length - offset));
  if (length > 0) target.set(content.subarray(offset, offset + length));
  return length;
}
