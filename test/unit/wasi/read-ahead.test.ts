/** Reading ahead: what programs get is what the files are, by as few calls as that takes. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { ContentStamps } from "../../../workers/shared/content-stamps.ts";
import { CONTENT_STAMPS, WASI_DATA_BYTES } from "../../../workers/shared/limits.ts";
import { ReadAhead } from "../../../workers/wasi/read-ahead.ts";
import { drive } from "../../../workers/wasi/steps.ts";

/** Files of a kernel, by its numbers for them, and a program that reads them. */
class Files {
  readonly stamps = new ContentStamps();
  /** Offset and length of each call. */
  calls: [number, number][] = [];
  private readonly contents = new Map<number, Uint8Array>();
  private readonly ahead: ReadAhead;

  constructor({ stamped = true } = {}) {
    this.ahead = new ReadAhead(stamped ? new ContentStamps(this.stamps.memory) : undefined);
  }

  set(file: number, content: Uint8Array): void {
    this.contents.set(file, content);
    this.stamps.raise(inodeOf(file));
  }

  get(file: number): Uint8Array {
    return this.contents.get(file) ?? new Uint8Array(0);
  }

  read(file: number, offset: number, length: number): Uint8Array {
    const bytes = drive(this.ahead.read(file, offset, length), ({ call }) => {
      if (call.op !== "read") throw new Error(call.op);
      this.calls.push([call.offset, call.length]);
      const data = this.get(call.file).slice(call.offset, call.offset + call.length);
      return { answer: { length: data.length, inode: inodeOf(call.file) }, data };
    });
    return bytes.slice();
  }
}

const inodeOf = (file: number) => file * 3;

const counting = (length: number) => Uint8Array.from({ length }, (_, at) => at * 7 + (at >> 8));

test("who goes on gets the rest from one call, and its end from none", () => {
  const files = new Files();
  const content = counting(10_000);
  files.set(5, content);
  const read = [0, 4096, 8192, 10_000].flatMap((offset) => [...files.read(5, offset, 4096)]);
  expect(read).toEqual([...content]);
  expect(files.calls).toEqual([
    [0, 4096],
    [4096, WASI_DATA_BYTES],
  ]);
});

test("a large file is read in large pieces", () => {
  const files = new Files();
  const content = counting(3 * WASI_DATA_BYTES);
  files.set(5, content);
  for (let offset = 0; offset < content.length; offset += 65_536) {
    expect(
      Buffer.compare(files.read(5, offset, 65_536), content.subarray(offset, offset + 65_536)),
    ).toBe(0);
  }
  expect(files.calls).toHaveLength(4);
});

test("who reads here and there gets what he asks for", () => {
  const files = new Files();
  files.set(5, counting(10_000));
  for (const offset of [0, 8000, 4000]) files.read(5, offset, 100);
  expect(files.calls.map(([, length]) => length)).toEqual([100, 100, 100]);
});

test("what has changed is read anew, and what shares a stamp with it", () => {
  const files = new Files();
  files.set(5, counting(10_000));
  files.read(5, 0, 100);
  files.read(5, 100, 100);
  files.set(5, new Uint8Array(10_000));
  expect([...files.read(5, 200, 100)]).toEqual(Array(100).fill(0));
  files.stamps.raise(inodeOf(5) + CONTENT_STAMPS);
  files.read(5, 300, 100);
  expect(files.calls.map(([offset]) => offset)).toEqual([0, 100, 200, 300]);
});

test("without shared memory nothing is read ahead", () => {
  const files = new Files({ stamped: false });
  files.set(5, counting(1000));
  for (const offset of [0, 100, 200]) files.read(5, offset, 100);
  expect(files.calls.map(([, length]) => length)).toEqual([100, 100, 100]);
});

const FILES = [1, 2, 1 + CONTENT_STAMPS];
const length = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constant(WASI_DATA_BYTES));
const step = fc.oneof(
  { weight: 1, arbitrary: fc.record({ file: fc.constantFrom(...FILES), write: fc.uint8Array() }) },
  {
    weight: 6,
    arbitrary: fc.record({
      file: fc.constantFrom(...FILES),
      length,
      /** From where the last read of the file has ended, most of the time. */
      skip: fc.oneof(fc.constant(0), fc.integer({ min: -20, max: 20 })),
    }),
  },
);

test("whatever is read and written, a read gives what the file is then", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const files = new Files();
      const ends = new Map<number, number>();
      for (const one of steps) {
        if ("write" in one) {
          files.set(one.file, one.write);
          continue;
        }
        const offset = Math.max(0, (ends.get(one.file) ?? 0) + one.skip);
        const expected = files.get(one.file).slice(offset, offset + one.length);
        expect([...files.read(one.file, offset, one.length)]).toEqual([...expected]);
        ends.set(one.file, offset + expected.length);
      }
    }),
    { numRuns: 300 },
  );
});
