/** Where an exported machine goes: a file that the visitor has chosen, or a blob. */
import { EXPORT_FRAME_BYTES } from "../../shared/limits.ts";
import type { Exported } from "./contract.ts";

export interface ExportTarget {
  write(piece: Uint8Array<ArrayBuffer>): Promise<void>;
  /** All of it was written. */
  finish(): Promise<Exported>;
  /** Leaves what was there before, if anything. */
  abandon(): Promise<void>;
}

/** @throws DOMException when the file may not be written */
export async function openTarget(to: FileSystemFileHandle | undefined): Promise<ExportTarget> {
  return to ? fileTarget(await to.createWritable()) : blobTarget();
}

function fileTarget(file: FileSystemWritableFileStream): ExportTarget {
  let bytes = 0;
  return {
    write: async (piece) => {
      await file.write(piece);
      bytes += piece.length;
    },
    finish: async () => {
      await file.close();
      return { bytes };
    },
    // A stream that has failed is done already.
    abandon: () => file.abort().catch(() => {}),
  };
}

/** Gathers pieces where the browser keeps blobs: large ones are not in the worker's memory. */
function blobTarget(): ExportTarget {
  const parts: Blob[] = [];
  let waiting: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  return {
    write: async (piece) => {
      waiting.push(piece);
      length += piece.length;
      if (length < EXPORT_FRAME_BYTES) return;
      parts.push(new Blob(waiting));
      waiting = [];
      length = 0;
    },
    finish: async () => {
      const content = new Blob([...parts, ...waiting]);
      return { bytes: content.size, content };
    },
    abandon: async () => {},
  };
}
