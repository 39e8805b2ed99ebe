/** The object store of a web page: the folder `images/store/` on any static host. */
import { type ArtefactReference, storePath } from "../../images/format/manifest.ts";
import { TabnixError } from "./errors.ts";
import { iterateStream } from "./iterate-stream.ts";
import { STORE_PARALLEL_FETCHES } from "./limits.ts";
import type { ObjectCache } from "./object-cache.ts";
import type { FetchOptions, ImageStore, StoreStatistics } from "./store.ts";
import { corrupt, unpackObject } from "./unpack-object.ts";

export interface HttpStoreOptions {
  /** The folder `images/`, absolute, with a trailing slash. */
  imagesUrl: string;
  /** Where compressed objects are kept between visits; nowhere unless given. */
  cache?: ObjectCache;
}

type Listener = NonNullable<FetchOptions["onProgress"]>;

/** An object on its way, for all who wait for it. */
interface Transfer {
  loading: Promise<Loaded>;
  listeners: Set<Listener>;
}

interface Loaded {
  bytes: Uint8Array;
  /** The compressed object. */
  frame: Uint8Array;
  /** It came from the network, and the cache lacks it. */
  isFresh: boolean;
}

export class HttpStore implements ImageStore {
  readonly statistics: StoreStatistics = { fetchedBytes: 0, fetchedFiles: 0, cachedFiles: 0 };
  private readonly imagesUrl: string;
  private readonly cache: ObjectCache | undefined;
  private readonly transfers = new Map<string, Transfer>();
  private free = STORE_PARALLEL_FETCHES;
  private readonly queue: (() => void)[] = [];

  constructor({ imagesUrl, cache }: HttpStoreOptions) {
    this.imagesUrl = imagesUrl;
    this.cache = cache;
  }

  async get(reference: ArtefactReference, options: FetchOptions = {}): Promise<Uint8Array> {
    return (await this.join(reference, options)).bytes;
  }

  async getFrame(reference: ArtefactReference, options: FetchOptions = {}): Promise<Uint8Array> {
    return (await this.join(reference, options)).frame;
  }

  /** Waits for an object, which others may be waiting for too. */
  private async join(
    reference: ArtefactReference,
    { signal, onProgress }: FetchOptions,
  ): Promise<Loaded> {
    signal?.throwIfAborted();
    const transfer = this.transfers.get(reference.sha256) ?? this.start(reference);
    if (onProgress) transfer.listeners.add(onProgress);
    if (!signal) return transfer.loading;
    return untilAborted(transfer.loading, signal).finally(() => {
      if (onProgress) transfer.listeners.delete(onProgress);
    });
  }

  private start(reference: ArtefactReference): Transfer {
    const listeners = new Set<Listener>();
    const progress: Listener = (loaded, total) => {
      for (const listener of listeners) listener(loaded, total);
    };
    const loading = this.load(reference, progress);
    // Nobody waits for the cache; until it has the object, others get it from here.
    void loading
      .then(({ isFresh, frame }) =>
        isFresh ? this.cache?.put(reference.sha256, frame) : undefined,
      )
      .catch(() => {})
      .finally(() => this.transfers.delete(reference.sha256));
    const transfer = { loading, listeners };
    this.transfers.set(reference.sha256, transfer);
    return transfer;
  }

  private async load(reference: ArtefactReference, progress: Listener): Promise<Loaded> {
    const { sha256, compressedSize } = reference;
    const cached = await this.cache?.get(sha256);
    if (cached) {
      try {
        const bytes = await unpackObject(reference, cached);
        this.statistics.cachedFiles += 1;
        progress(compressedSize, compressedSize);
        return { bytes, frame: cached, isFresh: false };
      } catch {
        await this.cache?.delete(sha256);
      }
    }
    // A damaged copy in our cache may have come from the browser's own: go past that too.
    const frame = await this.inTurn(() =>
      this.download(reference, cached ? "reload" : "default", progress),
    );
    return { bytes: await unpackObject(reference, frame), frame, isFresh: true };
  }

  private async download(
    { sha256, compressedSize }: ArtefactReference,
    cache: RequestCache,
    progress: Listener,
  ): Promise<Uint8Array> {
    const url = new URL(storePath(sha256), this.imagesUrl).href;
    const compressed = new Uint8Array(compressedSize);
    let loaded = 0;
    try {
      const response = await fetch(url, { cache });
      checkStatus(response, url);
      for await (const piece of response.body ? iterateStream(response.body) : []) {
        this.statistics.fetchedBytes += piece.length;
        if (loaded + piece.length > compressedSize) {
          throw corrupt(sha256, `it has more than its ${compressedSize} bytes`);
        }
        compressed.set(piece, loaded);
        loaded += piece.length;
        progress(loaded, compressedSize);
      }
    } catch (error) {
      if (error instanceof TabnixError) throw error;
      throw unreachable(url, error instanceof Error ? error.message : String(error), error);
    }
    this.statistics.fetchedFiles += 1;
    return compressed.subarray(0, loaded);
  }

  /** Runs `task` when fewer than the allowed number are running. */
  private async inTurn<T>(task: () => Promise<T>): Promise<T> {
    if (this.free === 0) await new Promise<void>((resolve) => this.queue.push(resolve));
    else this.free -= 1;
    try {
      return await task();
    } finally {
      const next = this.queue.shift();
      if (next) next();
      else this.free += 1;
    }
  }
}

const NOT_FOUND = [404, 410];

function checkStatus(response: Response, url: string): void {
  if (response.ok) return;
  if (NOT_FOUND.includes(response.status)) {
    throw new TabnixError(
      "not-found",
      `${url} does not exist.`,
      "The image is incomplete: build it again with `npm run images`, or upload all of its store.",
    );
  }
  throw unreachable(url, `the server answers ${response.status}`);
}

function unreachable(url: string, reason: string, cause?: unknown): TabnixError {
  return new TabnixError(
    "unreachable",
    `${url} cannot be fetched: ${reason}.`,
    "Check the connection and try again.",
    cause,
  );
}

/** The promise's outcome, or the signal's reason if that comes first. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
