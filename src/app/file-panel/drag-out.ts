import { TabnixError } from "../../../workers/shared/errors.ts";
import { DRAG_OUT_BYTES } from "../../../workers/shared/limits.ts";
import type { FileAccess } from "../../file-access.ts";
import { type Download, download } from "./download.ts";

/** The type of data that Chromium turns into a file where it is dropped. Other browsers ignore it. */
const DOWNLOAD_TYPE = "DownloadURL";

/**
 * Lets files be dragged out of the page. A browser wants the whole content when a drag begins, so it is
 * read from when a pointer takes hold of a file.
 */
export class DragOut {
  #path = "";
  #ready: Download | undefined;
  #address = "";
  #abort = new AbortController();

  /** Begins to read what may be dragged soon. */
  prepare(files: FileAccess, path: string): void {
    this.forget();
    this.#path = path;
    const abort = new AbortController();
    this.#abort = abort;
    let bytes = 0;
    const progress = {
      signal: abort.signal,
      expect: (total: { bytes: number }) => {
        if (total.bytes > DRAG_OUT_BYTES) abort.abort();
      },
      onBytes: (more: number) => {
        bytes += more;
        if (bytes > DRAG_OUT_BYTES) abort.abort();
      },
      onFiles: () => {},
    };
    download(files, path, progress).then(
      (ready) => {
        if (abort === this.#abort) this.#ready = ready;
      },
      // Who drags it is told that it is not there; a click is no reason for a message.
      () => {},
    );
  }

  /** Puts the content into a drag. @throws TabnixError `busy` when it is not there yet */
  start(path: string, transfer: DataTransfer): void {
    if (path !== this.#path || !this.#ready) {
      throw new TabnixError(
        "busy",
        "It is too large to be dragged, or not read yet.",
        "Use Download, or hold it a moment before dragging it.",
      );
    }
    const { name, content } = this.#ready;
    this.#address ||= URL.createObjectURL(content);
    transfer.effectAllowed = "copy";
    // The name ends at the first colon.
    const plain = name.replaceAll(":", "_");
    transfer.setData(DOWNLOAD_TYPE, `application/octet-stream:${plain}:${this.#address}`);
  }

  /** Reads no further: it was not dragged. */
  stop(): void {
    this.#abort.abort();
  }

  /** Gives back what was read. */
  forget(): void {
    this.#abort.abort();
    this.#ready = undefined;
    if (this.#address !== "") URL.revokeObjectURL(this.#address);
    this.#address = "";
  }
}
