/** An exported machine whose content is damaged, and whose checksums are right, is refused or sound. */
import { sha256 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { FileSystem } from "../../workers/kernel/filesystem/filesystem.ts";
import { walk } from "../../workers/kernel/filesystem/paths.ts";
import { exportChanges } from "../../workers/kernel/transfer/export-changes.ts";
import { ExportFrames } from "../../workers/kernel/transfer/export-frames.ts";
import { restoreRecords } from "../../workers/kernel/transfer/export-records.ts";
import { type ExportHeader, readHead, writeHead } from "../../workers/kernel/transfer/format.ts";
import { gunzip, gzip } from "../../workers/kernel/transfer/gzip.ts";
import { importChanges } from "../../workers/kernel/transfer/import-changes.ts";
import { ByteWriter } from "../../workers/shared/bytes.ts";
import { TabnixError } from "../../workers/shared/errors.ts";
import type { Base } from "../unit/ninep/near-session.ts";
import { changeEverything, IMAGE, smallBase } from "../unit/transfer/support.ts";

const RUNS = 2000;

let base: Base;
let header: ExportHeader;
/** What the frames unpack to. */
let payloads: Uint8Array[];

beforeAll(async () => {
  base = await smallBase();
  const fs = new FileSystem(base);
  await changeEverything(fs);
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of exportChanges(fs, { image: IMAGE, made: 1 })) pieces.push(piece);
  header = readHead(pieces[0] as Uint8Array);
  const frames = pieces.slice(1, -2);
  payloads = await Promise.all(frames.map((frame) => gunzip(frame.slice(4), 2 ** 20)));
});

async function fileOf(head: ExportHeader, parts: readonly Uint8Array[]): Promise<Blob> {
  const writer = new ByteWriter();
  writer.append(writeHead(head));
  for (const part of parts) {
    const packed = await gzip(new Uint8Array(part));
    writer.u32(packed.length);
    writer.append(packed);
  }
  writer.u32(0);
  writer.append(sha256(writer.toBytes()));
  return new Blob([writer.toBytes()]);
}

/** Imports it. What is taken must be a tree that can be walked, read and exported again. */
async function refusesOrReads(head: ExportHeader, parts: readonly Uint8Array[]): Promise<void> {
  const fs = new FileSystem(base);
  try {
    const file = await fileOf(head, parts);
    const records = await importChanges(await ExportFrames.open(file, {}), {
      image: IMAGE,
      tree: new FileSystem(base),
      write: (number, offset, bytes) => fs.overlay.write(number, offset, bytes),
    });
    restoreRecords(fs, records);
  } catch (error) {
    expect(error).toBeInstanceOf(TabnixError);
    expect((error as TabnixError).code).toBe("malformed");
    return;
  }
  expect([...walk(fs)].length).toBeGreaterThan(0);
  for await (const piece of exportChanges(fs, { image: IMAGE, made: 1 })) {
    expect(piece.length).toBeGreaterThan(0);
  }
}

test("the whole of it is read", async () => {
  await refusesOrReads(header, payloads);
});

const changes = fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat({ max: 255 })), {
  minLength: 1,
  maxLength: 4,
});

test("bytes changed", async () => {
  await fc.assert(
    fc.asyncProperty(changes, async (places) => {
      const parts = payloads.map((payload) => payload.slice());
      for (const [which, at, value] of places) {
        const part = parts[which % parts.length] as Uint8Array;
        part[at % part.length] = value;
      }
      await refusesOrReads(header, parts);
    }),
    { numRuns: RUNS },
  );
});

test("parts cut off, in another order, twice or missing", async () => {
  const order = fc.array(fc.tuple(fc.nat(), fc.option(fc.nat())), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(order, async (chosen) => {
      const parts = chosen.map(([which, cut]) => {
        const payload = payloads[which % payloads.length] as Uint8Array;
        return cut === null ? payload : payload.subarray(0, cut % payload.length);
      });
      await refusesOrReads(header, parts);
    }),
    { numRuns: RUNS },
  );
});

test("a header that says something else", async () => {
  const number = fc.oneof(fc.nat({ max: 3000 }), fc.maxSafeNat());
  await fc.assert(
    fc.asyncProperty(number, number, number, async (inodes, recordBytes, bytes) => {
      await refusesOrReads({ ...header, inodes, recordBytes, bytes }, payloads);
    }),
    { numRuns: RUNS / 10 },
  );
});

test("what unpacks to more than a part may have", async () => {
  const bomb = new Uint8Array(50 * 2 ** 20);
  await expect(
    importChanges(await ExportFrames.open(await fileOf(header, [bomb]), {}), {
      image: IMAGE,
      tree: new FileSystem(base),
      write: () => {},
    }),
  ).rejects.toMatchObject({ code: "malformed" });
});
