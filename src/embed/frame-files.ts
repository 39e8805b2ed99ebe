/** The files of a machine in a frame. */
import type {
  FileAccess,
  FileEntry,
  FileStatus,
  Long,
  Transfer,
  WriteOptions,
} from "../file-access.ts";
import type { FrameLink } from "./frame-link.ts";

export class FrameFiles implements FileAccess {
  readonly #link: FrameLink;

  constructor(link: FrameLink) {
    this.#link = link;
  }

  list(path: string, { signal }: Long = {}): Promise<FileEntry[]> {
    return this.#link.call<"list">({ type: "list", path }, signal);
  }

  status(path: string, { follow = true }: { follow?: boolean } = {}): Promise<FileStatus> {
    return this.#link.call<"status">({ type: "status", path, follow });
  }

  /** A piece is asked for when the one before was taken: no more than that is on its way. */
  async *read(
    path: string,
    { signal, onBytes }: Transfer = {},
  ): AsyncIterable<Uint8Array<ArrayBuffer>> {
    const reader = await this.#link.call<"read">({ type: "read", path }, signal);
    let isOpen = true;
    try {
      for (;;) {
        const piece = await this.#link.call<"more">({ type: "more", reader }, signal);
        isOpen = piece !== null;
        if (!piece) return;
        onBytes?.(piece.length);
        yield piece;
      }
    } finally {
      if (isOpen) this.#link.tell({ type: "cancel", call: reader });
    }
  }

  /** The frame reads the blob as it writes; nothing of it is copied before. */
  async write(
    path: string,
    content: Blob,
    { signal, onBytes, replaces = "nothing", mode }: WriteOptions = {},
  ): Promise<FileStatus> {
    const call = { type: "write", path, content, replaces, mode } as const;
    const status = await this.#link.call<"write">(call, signal);
    onBytes?.(content.size);
    return status;
  }

  async makeDirectory(path: string): Promise<void> {
    await this.#link.call<"make-directory">({ type: "make-directory", path });
  }

  async rename(
    path: string,
    to: string,
    { replaces = "nothing" }: { replaces?: "nothing" | "anything" } = {},
  ): Promise<void> {
    await this.#link.call<"rename">({ type: "rename", path, to, replaces });
  }

  async remove(
    path: string,
    { signal, onRemoved }: Long & { onRemoved?(names: number): void } = {},
  ): Promise<number> {
    const removed = await this.#link.call<"remove">({ type: "remove", path }, signal);
    onRemoved?.(removed);
    return removed;
  }

  together<Result>(work: () => Promise<Result>): Promise<Result> {
    return work();
  }
}
