/** Fetches what a machine starts from, reporting bytes. */
import type { ArtefactReference, Manifest } from "../../images/format/manifest.ts";
import { TabnixError } from "../shared/errors.ts";
import type { ObjectStore } from "../shared/store.ts";
import { unpackFrame } from "../shared/zstandard.ts";
import type { EngineFile } from "./contract.ts";
import type { EngineOptions } from "./engine.ts";

/** Told of compressed bytes; `total` grows while parts are found. */
export type Progress = (loaded: number, total: number) => void;

/** What a machine boots from. */
export interface BootFiles {
  bios: Uint8Array;
  kernel: NonNullable<EngineOptions["kernel"]>;
}

/**
 * Fetches what a machine boots from, side by side.
 *
 * @throws TabnixError of the first part that fails
 */
export async function loadBootFiles(
  store: ObjectStore,
  { bios, kernel: { bzImage, initrd, commandLine } }: Manifest,
  onProgress: Progress,
): Promise<BootFiles> {
  const sum = new ProgressSum(onProgress);
  const get = (reference: ArtefactReference) =>
    store.get(reference, { onProgress: sum.part(reference.compressedSize) });
  const [biosBytes, bzImageBytes, initrdBytes] = await Promise.all([
    get(bios),
    get(bzImage),
    initrd && get(initrd),
  ]);
  return {
    bios: biosBytes,
    kernel: {
      bzImage: bzImageBytes,
      ...(initrdBytes ? { initrd: initrdBytes } : {}),
      commandLine,
    },
  };
}

/**
 * Fetches, unpacks and compiles v86.
 *
 * @throws TabnixError `unreachable`, `not-found` or `corrupt`
 */
export async function loadEngine({ url, size }: EngineFile): Promise<WebAssembly.Module> {
  let response: Response;
  try {
    response = await fetch(url);
  } catch (error) {
    throw new TabnixError(
      "unreachable",
      "The emulator could not be downloaded.",
      "Check the connection and try again.",
      error,
    );
  }
  if (!response.ok) {
    throw new TabnixError(
      response.status === 404 ? "not-found" : "unreachable",
      `The emulator could not be downloaded: HTTP ${response.status}.`,
      "Reload the page; if it stays, whoever serves it must upload all of dist/.",
    );
  }
  try {
    const module = await unpackFrame(new Uint8Array(await response.arrayBuffer()), size);
    return await WebAssembly.compile(module as BufferSource);
  } catch (error) {
    throw new TabnixError(
      "corrupt",
      "The emulator's WebAssembly module is damaged.",
      "Reload the page without its cache.",
      error,
    );
  }
}

/** Adds up the progress of several downloads. */
class ProgressSum {
  private readonly onProgress: Progress;
  private loaded = 0;
  private total = 0;

  constructor(onProgress: Progress) {
    this.onProgress = onProgress;
  }

  part(size: number): Progress {
    this.total += size;
    let before = 0;
    return (loaded) => {
      this.loaded += loaded - before;
      before = loaded;
      this.onProgress(this.loaded, this.total);
    };
  }
}
