import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decompress } from "fzstd";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Cache } from "../../../images/build/cache.ts";
import { BEST_LEVEL, StoreWriter } from "../../../images/build/store-writer.ts";
import { storePath } from "../../../images/format/manifest.ts";
import { sha256 } from "./mirror-fixture.ts";

let folder: string;
let writer: StoreWriter;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tabnix-store-"));
  writer = new StoreWriter(await Cache.open(folder), "images", 2);
});

afterEach(async () => {
  await writer.close();
  await rm(folder, { recursive: true });
});

function fileOf(hash: string): string {
  return join(folder, "images", storePath(hash));
}

test("stores frames that the page can read, the empty file and large windows too", async () => {
  const large = Buffer.alloc(20_000_000, "some text that repeats. ");
  large.set(Buffer.from("far apart"), 0);
  large.set(Buffer.from("far apart"), large.length - 9);
  const all = [Buffer.alloc(0), Buffer.from("text"), large];
  const stored = await Promise.all(all.map((bytes) => writer.put(bytes, BEST_LEVEL)));
  const frames = await Promise.all(stored.map((reference) => readFile(fileOf(reference.sha256))));
  expect(stored).toEqual(
    all.map((bytes, index) => ({
      sha256: sha256(bytes),
      size: bytes.length,
      compressedSize: frames[index]?.length,
    })),
  );
  expect(frames.map((frame) => sha256(decompress(frame)))).toEqual(all.map(sha256));
  expect(await readdir(join(folder, "temporary"))).toEqual([]);
});

test("stores once what is put many times, and does not touch what is there", async () => {
  const bytes = Buffer.from("once");
  const [first, ...others] = await Promise.all(Array.from({ length: 20 }, () => writer.put(bytes)));
  expect(others).toEqual(others.map(() => first));
  const before = await stat(fileOf(sha256(bytes)));
  expect(await writer.put(bytes, BEST_LEVEL)).toEqual(first);
  expect((await stat(fileOf(sha256(bytes)))).ino).toBe(before.ino);
});

test("works through more than there are threads", async () => {
  const all = Array.from({ length: 50 }, (_, index) => Buffer.from(`file ${index}`));
  const stored = await Promise.all(all.map((bytes) => writer.put(bytes)));
  expect(stored.map((reference) => reference.sha256)).toEqual(all.map(sha256));
});
