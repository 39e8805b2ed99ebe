import fc from "fast-check";
import { expect, test } from "vitest";
import { DiskFullError } from "../../../workers/kernel/disk/disk-file.ts";
import { RecentBlocks } from "../../../workers/kernel/disk/recent-blocks.ts";
import { DISK_BLOCK_BYTES as BLOCK, DISK_RECENT_BLOCKS } from "../../../workers/shared/limits.ts";
import { MemoryFolder } from "./memory-folder.ts";

const block = (value: number) => new Uint8Array(BLOCK).fill(value);

/** A file of blocks that hold zeros, what was done to it since, and the file with recent blocks on it. */
function made(blocks: number) {
  const folder = new MemoryFolder();
  const file = folder.file("data");
  file.write(0, new Uint8Array(blocks * BLOCK));
  folder.steps.length = 0;
  return { folder, file, recent: new RecentBlocks(file) };
}

test("a block that is written again and again is written once, by the flush", () => {
  const { folder, recent } = made(2);
  for (let value = 1; value <= 100; value++) recent.write(BLOCK, block(value));
  const read = new Uint8Array(10);
  expect(recent.read(2 * BLOCK - 10, read)).toBe(10);
  expect(read).toEqual(new Uint8Array(10).fill(100));
  expect(folder.steps).toEqual([]);
  recent.flush();
  expect(folder.steps).toEqual([
    { file: "data", type: "write", offset: BLOCK, bytes: block(100) },
    { file: "data", type: "flush" },
  ]);
});

test("what needs more room is written at once, so that a full disk is told", () => {
  const { folder, recent } = made(1);
  folder.room = BLOCK;
  expect(() => recent.write(BLOCK, block(1))).toThrow(DiskFullError);
  folder.room = 2 * BLOCK;
  recent.write(BLOCK, block(2));
  expect(folder.steps).toEqual([{ file: "data", type: "write", offset: BLOCK, bytes: block(2) }]);
});

test("no more than so many wait: the one that was written longest ago makes room", () => {
  const { folder, recent } = made(DISK_RECENT_BLOCKS + 2);
  for (let at = 0; at < DISK_RECENT_BLOCKS; at++) recent.write(at * BLOCK, block(1));
  recent.write(0, block(2));
  expect(folder.steps).toEqual([]);
  recent.write(DISK_RECENT_BLOCKS * BLOCK, block(1));
  expect(folder.steps).toEqual([{ file: "data", type: "write", offset: BLOCK, bytes: block(1) }]);
});

test("whatever is done, it reads as the file itself would, and leaves the same", () => {
  const offset = fc.oneof(
    fc.nat(5).map((index) => index * BLOCK),
    fc.nat(6 * BLOCK),
  );
  const length = fc.oneof(fc.constant(BLOCK), fc.nat(3 * BLOCK));
  const step = fc.oneof(
    fc.record({ type: fc.constant("write"), offset, length, value: fc.nat(255) }),
    fc.record({ type: fc.constant("read"), offset, length }),
    fc.record({ type: fc.constant("truncate"), length: offset }),
    fc.record({ type: fc.constant("flush"), length: fc.constant(0) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { file, recent } = made(3);
      const plain = made(3).file;
      for (const did of steps) {
        if ("value" in did) {
          const bytes = new Uint8Array(did.length).fill(did.value);
          for (const target of [plain, recent]) target.write(did.offset, bytes);
        } else if ("offset" in did) {
          const [expected, found] = [new Uint8Array(did.length), new Uint8Array(did.length)];
          const count = plain.read(did.offset, expected);
          expect(recent.read(did.offset, found)).toBe(count);
          expect(Buffer.compare(found, expected)).toBe(0);
        } else if (did.type === "truncate") {
          for (const target of [plain, recent]) target.truncate(did.length);
        } else recent.flush();
        expect(recent.size).toBe(plain.size);
      }
      recent.flush();
      const [expected, found] = [new Uint8Array(plain.size), new Uint8Array(plain.size)];
      plain.read(0, expected);
      file.read(0, found);
      expect(Buffer.compare(found, expected)).toBe(0);
    }),
    { numRuns: 2000 },
  );
});
