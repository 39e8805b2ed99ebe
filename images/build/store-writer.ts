/**
 * Writes the content store: each artefact once, under the SHA-256 of its bytes, as one zstd frame.
 * Compression runs in threads, beside the emulator.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { stat, writeFile } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import { type ArtefactReference, storePath } from "../format/manifest.ts";
import type { Cache } from "./cache.ts";

/**
 * For the files of an image: 11 MB a second and thread on the machine it was chosen on. Level 15 takes
 * 1.6 times as long to save 2 %.
 */
export const FILE_LEVEL = 12;
/**
 * For what every visitor fetches: 10 % smaller, five times slower. Higher levels use windows that the
 * page's decoder refuses.
 */
export const BEST_LEVEL = 19;

/** A store in the cache's folder. Close it when done, or the process does not end. */
export class StoreWriter {
  readonly #cache: Cache;
  readonly #folder: string;
  readonly #idle: Worker[];
  readonly #all: readonly Worker[];
  /** Those who wait for a thread, the first to come first. */
  readonly #waiting: ((worker: Worker) => void)[] = [];
  readonly #pending = new Map<string, Promise<ArtefactReference>>();

  /**
   * @param folder of the images, relative to the cache: the store is `store/` in it
   * @param threads how many compress at once
   */
  constructor(cache: Cache, folder: string, threads = 1) {
    this.#cache = cache;
    this.#folder = folder;
    this.#all = Array.from({ length: threads }, startWorker);
    this.#idle = [...this.#all];
  }

  /**
   * Stores bytes unless they are there already, whatever the level then was. The bytes must not
   * change until the promise settles.
   */
  put(bytes: Uint8Array, level: number = FILE_LEVEL): Promise<ArtefactReference> {
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const pending = this.#pending.get(sha256);
    if (pending) return pending;
    const stored = this.#store(sha256, bytes, level).finally(() => this.#pending.delete(sha256));
    this.#pending.set(sha256, stored);
    return stored;
  }

  /** Ends the threads. Nothing may be under way. */
  async close(): Promise<void> {
    await Promise.all(this.#all.map((worker) => worker.terminate()));
  }

  async #store(sha256: string, bytes: Uint8Array, level: number): Promise<ArtefactReference> {
    const relative = `${this.#folder}/${storePath(sha256)}`;
    const present = await stat(this.#cache.path(relative)).catch(() => undefined);
    if (present) return { sha256, size: bytes.length, compressedSize: present.size };
    const frame = await this.#compress(bytes, level);
    const temporary = this.#cache.temporary();
    await writeFile(temporary, frame);
    await this.#cache.adopt(temporary, relative);
    return { sha256, size: bytes.length, compressedSize: frame.length };
  }

  async #compress(bytes: Uint8Array, level: number): Promise<Uint8Array> {
    const worker =
      this.#idle.pop() ?? (await new Promise<Worker>((resume) => this.#waiting.push(resume)));
    try {
      worker.postMessage({ bytes, level });
      const [frame] = await once(worker, "message");
      return frame;
    } finally {
      const next = this.#waiting.shift();
      if (next) next(worker);
      else this.#idle.push(worker);
    }
  }
}

function startWorker(): Worker {
  return new Worker(new URL("./store-worker.mjs", import.meta.url));
}
