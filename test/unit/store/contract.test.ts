/** What every object store promises, asked of each: a folder, and a folder behind an HTTP server. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Zstd } from "@hpcc-js/wasm-zstd";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ArtefactReference, storePath } from "../../../images/format/manifest.ts";
import { DirectoryStore } from "../../../workers/shared/directory-store.ts";
import { TabnixError } from "../../../workers/shared/errors.ts";
import { sha256Hex } from "../../../workers/shared/hash.ts";
import { HttpStore } from "../../../workers/shared/http-store.ts";
import { STORE_PARALLEL_FETCHES } from "../../../workers/shared/limits.ts";
import type { ObjectCache } from "../../../workers/shared/object-cache.ts";
import type { ObjectStore } from "../../../workers/shared/store.ts";

let folder: string;
let imagesUrl: string;
let closeServer: () => Promise<void>;
let zstd: Zstd;
/** Paths the server was asked for. */
let requested: string[] = [];
/** Requests being answered, and the most there were at once. */
let running = 0;
let mostRunning = 0;
/** What the server waits for before it answers. */
let gate: Promise<void> = Promise.resolve();

beforeAll(async () => {
  zstd = await Zstd.load();
  folder = await mkdtemp(join(tmpdir(), "tabnix-store-"));
  const server = createServer(async (request, response) => {
    const path = request.url ?? "";
    requested.push(path);
    running += 1;
    mostRunning = Math.max(mostRunning, running);
    await gate;
    try {
      if (path.startsWith("/broken/")) response.writeHead(503).end();
      else response.end(await readFile(join(folder, path)));
    } catch {
      response.writeHead(404).end("no such file");
    }
    running -= 1;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  imagesUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  closeServer = () => new Promise((resolve) => server.close(() => resolve()));
});

afterAll(async () => {
  await closeServer();
  await rm(folder, { recursive: true });
});

/** Stores an object as the image builder does. */
async function put(bytes: Uint8Array): Promise<ArtefactReference> {
  const sha256 = await sha256Hex(bytes);
  const compressed = zstd.compress(bytes);
  await replace({ sha256 }, compressed);
  return { sha256, size: bytes.length, compressedSize: compressed.length };
}

async function replace({ sha256 }: { sha256: string }, compressed: Uint8Array): Promise<void> {
  const path = join(folder, storePath(sha256));
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, compressed);
}

async function read({ sha256 }: ArtefactReference): Promise<Uint8Array> {
  return new Uint8Array(await readFile(join(folder, storePath(sha256))));
}

/** Code and message of the error of a promise that must fail. */
async function failure(promise: Promise<unknown>): Promise<[string, string]> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason) => reason,
  );
  if (!(error instanceof TabnixError)) throw new Error("no TabnixError", { cause: error });
  return [error.code, error.message];
}

let distinct = 0;

/** Bytes no other test has. */
function someBytes(length = 10_000): Uint8Array {
  distinct += 1;
  return Uint8Array.from({ length }, (_, i) => ((i * i) >> 3) ^ distinct ^ (distinct >> 8));
}

const stores: [string, () => ObjectStore][] = [
  ["DirectoryStore", () => new DirectoryStore(folder)],
  ["HttpStore", () => new HttpStore({ imagesUrl })],
];

describe.each(stores)("%s", (_, open) => {
  test("gives the bytes, and the progress in compressed bytes", async () => {
    const bytes = someBytes();
    const reference = await put(bytes);
    const progress: [number, number][] = [];
    const onProgress = (loaded: number, total: number) => progress.push([loaded, total]);
    expect(await open().get(reference, { onProgress })).toEqual(bytes);
    expect(progress.at(-1)).toEqual([reference.compressedSize, reference.compressedSize]);
  });

  test("gives an empty object", async () => {
    expect(await open().get(await put(new Uint8Array(0)))).toEqual(new Uint8Array(0));
  });

  test("says what is not there", async () => {
    const reference = { sha256: "00".repeat(32), size: 1, compressedSize: 10 };
    const [code, message] = await failure(open().get(reference));
    expect(code).toBe("not-found");
    expect(message).toContain(storePath(reference.sha256));
  });

  test("refuses an object that was cut off", async () => {
    const reference = await put(someBytes());
    await replace(reference, (await read(reference)).subarray(0, 20));
    expect(await failure(open().get(reference))).toEqual([
      "corrupt",
      `The stored object ${reference.sha256} is damaged: ` +
        `it has 20 bytes instead of ${reference.compressedSize}.`,
    ]);
  });

  test("refuses an object that is too long", async () => {
    const reference = await put(someBytes());
    await replace(reference, Buffer.concat([await read(reference), Buffer.alloc(5)]));
    const [code, message] = await failure(open().get(reference));
    expect(code).toBe("corrupt");
    expect(message).toContain(`${reference.compressedSize}`);
  });

  test("refuses other content of the same length", async () => {
    const [bytes, others] = [someBytes(64), someBytes(64)];
    const reference = await put(bytes);
    const compressed = zstd.compress(others);
    await replace(reference, compressed);
    const claimed = { ...reference, compressedSize: compressed.length };
    expect(await failure(open().get(claimed))).toEqual([
      "corrupt",
      `The stored object ${reference.sha256} is damaged: ` +
        `its 64 bytes have the SHA-256 ${await sha256Hex(others)}.`,
    ]);
  });

  test("refuses bytes that are no zstd frame", async () => {
    const reference = await put(someBytes());
    await replace(reference, new Uint8Array(reference.compressedSize).fill(7));
    expect(await failure(open().get(reference))).toEqual([
      "corrupt",
      `The stored object ${reference.sha256} is damaged: ` +
        `its ${reference.compressedSize} bytes are not a zstd frame of 10000.`,
    ]);
  });

  test("never makes more of a frame than the object's size", async () => {
    const bomb = zstd.compress(new Uint8Array(50_000_000));
    const reference = { sha256: "ab".repeat(32), size: 1000, compressedSize: bomb.length };
    await replace(reference, bomb);
    expect((await failure(open().get(reference)))[0]).toBe("corrupt");
  });

  test("refuses an object of impossible size before allocating it", async () => {
    const reference = { ...(await put(someBytes(10))), size: 2 ** 50 };
    expect((await failure(open().get(reference)))[0]).toBe("corrupt");
  });

  test("gives up when asked to", async () => {
    const reference = await put(someBytes());
    const reason = new Error("enough");
    await expect(open().get(reference, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

/** A cache in memory. */
class MapCache implements ObjectCache {
  readonly objects = new Map<string, Uint8Array>();

  async get(sha256: string): Promise<Uint8Array | undefined> {
    return this.objects.get(sha256);
  }

  async put(sha256: string, compressed: Uint8Array): Promise<void> {
    this.objects.set(sha256, compressed);
  }

  async delete(sha256: string): Promise<void> {
    this.objects.delete(sha256);
  }
}

describe("HttpStore", () => {
  test("fetches an object once for all who want it at the same time", async () => {
    const bytes = someBytes();
    const reference = await put(bytes);
    const store = new HttpStore({ imagesUrl });
    requested = [];
    const all = await Promise.all([
      store.get(reference),
      store.get(reference),
      store.get(reference),
    ]);
    expect(all).toEqual([bytes, bytes, bytes]);
    expect(requested).toEqual([`/${storePath(reference.sha256)}`]);
    expect(store.statistics).toEqual({
      fetchedBytes: reference.compressedSize,
      fetchedFiles: 1,
      cachedFiles: 0,
    });
  });

  test("fetches several at once, but not too many", async () => {
    const references = await Promise.all(Array.from({ length: 30 }, () => put(someBytes(500))));
    const store = new HttpStore({ imagesUrl });
    let open = () => {};
    gate = new Promise((resolve) => {
      open = resolve;
    });
    mostRunning = 0;
    const all = Promise.all(references.map((reference) => store.get(reference)));
    await expect.poll(() => mostRunning).toBe(STORE_PARALLEL_FETCHES);
    open();
    expect(await all).toHaveLength(30);
    expect(mostRunning).toBe(STORE_PARALLEL_FETCHES);
  });

  test("one who gives up does not stop the others", async () => {
    const bytes = someBytes();
    const reference = await put(bytes);
    const store = new HttpStore({ imagesUrl });
    const abort = new AbortController();
    const patient = store.get(reference);
    const impatient = store.get(reference, { signal: abort.signal });
    abort.abort(new Error("enough"));
    await expect(impatient).rejects.toThrow("enough");
    expect(await patient).toEqual(bytes);
  });

  test("tries again after a failure", async () => {
    const bytes = someBytes();
    const reference = await put(bytes);
    const good = await read(reference);
    await replace(reference, good.subarray(1));
    const store = new HttpStore({ imagesUrl });
    expect((await failure(store.get(reference)))[0]).toBe("corrupt");
    await replace(reference, good);
    expect(await store.get(reference)).toEqual(bytes);
  });

  test("tells a failing server from a missing file", async () => {
    const reference = await put(someBytes());
    const store = new HttpStore({ imagesUrl: `${imagesUrl}broken/` });
    const [code, message] = await failure(store.get(reference));
    expect(code).toBe("unreachable");
    expect(message).toContain("503");
  });

  test("tells when nobody answers", async () => {
    const store = new HttpStore({ imagesUrl: "http://127.0.0.1:1/" });
    expect((await failure(store.get(await put(someBytes()))))[0]).toBe("unreachable");
  });

  test("keeps objects in the cache, and reads them from there", async () => {
    const bytes = someBytes();
    const reference = await put(bytes);
    const cache = new MapCache();
    await new HttpStore({ imagesUrl, cache }).get(reference);
    expect(cache.objects.get(reference.sha256)).toEqual(await read(reference));
    const store = new HttpStore({ imagesUrl: "http://127.0.0.1:1/", cache });
    expect(await store.get(reference)).toEqual(bytes);
    expect(store.statistics).toEqual({ fetchedBytes: 0, fetchedFiles: 0, cachedFiles: 1 });
  });

  test("replaces an object that the cache damaged", async () => {
    const bytes = someBytes();
    const reference = await put(bytes);
    const cache = new MapCache();
    cache.objects.set(reference.sha256, new Uint8Array(reference.compressedSize));
    expect(await new HttpStore({ imagesUrl, cache }).get(reference)).toEqual(bytes);
    expect(cache.objects.get(reference.sha256)).toEqual(await read(reference));
  });
});

test("SHA-256 is the same without crypto.subtle", async () => {
  const bytes = someBytes();
  const expected = await sha256Hex(bytes);
  const original = Object.getOwnPropertyDescriptor(globalThis, "crypto") as PropertyDescriptor;
  Object.defineProperty(globalThis, "crypto", { value: {}, configurable: true });
  try {
    expect(await sha256Hex(bytes)).toBe(expected);
  } finally {
    Object.defineProperty(globalThis, "crypto", original);
  }
});
