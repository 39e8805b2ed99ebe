/** An overlay for a tree that is made once and never read: contents go on to somebody else. */
import type { ChangeRecorder, FrozenContents, OverlayBackend } from "../filesystem/overlay.ts";

const NOTHING: ChangeRecorder = {
  inodeChanged() {},
  inodeRemoved() {},
  entryAdded() {},
  entryRemoved() {},
};

export class ContentSink implements OverlayBackend {
  readonly changes = NOTHING;
  readonly usage = 0;
  readonly capacity = Number.POSITIVE_INFINITY;
  readonly write: OverlayBackend["write"];

  /** @param write takes contents: each stretch of a file once */
  constructor(write: OverlayBackend["write"]) {
    this.write = write;
  }

  read(): never {
    throw new Error("contents were passed on");
  }

  /** Files are emptied before anything is written to them. */
  truncate(): void {}

  remove(): void {}

  extents(): [] {
    return [];
  }

  freeze(): FrozenContents {
    throw new Error("contents were passed on");
  }

  async sync(): Promise<void> {}
}
