/** Fetches what a machine starts from, reporting bytes. */
import type { ArtefactReference, Manifest } from "../../images/format/manifest.ts";
import { TabnixError } from "../shared/errors.ts";
import type { ObjectStore } from "../shared/store.ts";
import type { EngineOptions } from "./engine.ts";

/** Told of compressed bytes; `total` grows while parts are found. */
export type Progress = (loaded: number, total: number) => void;

/** Everything of a machine that comes over the network. */
export interface Parts {
  module: WebAssembly.Module;
  /** Empty with a snapshot: the memory it restores holds the BIOS. */
  bios: Uint8Array;
  kernel?: EngineOptions["kernel"];
  snapshot?: Uint8Array;
}

/**
 * Fetches the parts side by side.
 *
 * @param engineUrl address of v86's WebAssembly module, compressed with gzip
 * @throws TabnixError of the first part that fails
 */
export async function loadParts(
  store: ObjectStore,
  engineUrl: string,
  manifest: Manifest,
  fromSnapshot: boolean,
  onProgress: Progress,
): Promise<Parts> {
  const sum = new ProgressSum(onProgress);
  const get = (reference: ArtefactReference) =>
    store.get(reference, { onProgress: sum.part(reference.compressedSize) });
  const module = loadEngine(engineUrl);
  if (fromSnapshot && manifest.snapshot) {
    const [compiled, snapshot] = await Promise.all([module, get(manifest.snapshot.machine)]);
    return { module: compiled, bios: new Uint8Array(0), snapshot };
  }
  const { kernel } = manifest;
  const [compiled, bios, bzImage, initrd] = await Promise.all([
    module,
    get(manifest.bios),
    get(kernel.bzImage),
    kernel.initrd ? get(kernel.initrd) : undefined,
  ]);
  return {
    module: compiled,
    bios,
    kernel: { bzImage, ...(initrd ? { initrd } : {}), commandLine: kernel.commandLine },
  };
}

/** Unpacks and compiles v86 while it arrives. */
async function loadEngine(url: string): Promise<WebAssembly.Module> {
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
  if (!response.ok || !response.body) {
    throw new TabnixError(
      response.status === 404 ? "not-found" : "unreachable",
      `The emulator could not be downloaded: HTTP ${response.status}.`,
      "Reload the page; if it stays, whoever serves it must upload all of dist/.",
    );
  }
  try {
    const unpacked = response.body.pipeThrough(new DecompressionStream("gzip"));
    const headers = { "Content-Type": "application/wasm" };
    return await WebAssembly.compileStreaming(new Response(unpacked, { headers }));
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
