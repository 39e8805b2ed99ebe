import { expect, test } from "vitest";
import { iterable, iterateStream } from "../../../workers/shared/iterate-stream.ts";

/** A stream as WebKit has them, and what was told to its source. */
function numbers(count: number): { stream: ReadableStream<number>; cancelled: unknown[] } {
  const cancelled: unknown[] = [];
  let next = 0;
  const stream = new ReadableStream<number>({
    pull: (controller) => (next < count ? controller.enqueue(next++) : controller.close()),
    cancel: (reason) => void cancelled.push(reason),
  });
  Object.defineProperty(stream, Symbol.asyncIterator, { value: undefined, configurable: true });
  return { stream, cancelled };
}

async function collect(pieces: AsyncIterable<number>): Promise<number[]> {
  const collected: number[] = [];
  for await (const piece of pieces) collected.push(piece);
  return collected;
}

test("all pieces come, and the stream is free again", async () => {
  const { stream, cancelled } = numbers(3);
  expect(await collect(iterateStream(stream))).toEqual([0, 1, 2]);
  expect({ isLocked: stream.locked, cancelled }).toEqual({ isLocked: false, cancelled: [] });
});

test("who stops early ends the stream", async () => {
  const { stream, cancelled } = numbers(3);
  for await (const piece of iterateStream(stream)) if (piece === 1) break;
  expect({ isLocked: stream.locked, cancelled }).toEqual({
    isLocked: false,
    cancelled: [undefined],
  });
});

test("what the stream fails with is thrown", async () => {
  const stream = new ReadableStream<number>({ pull: () => Promise.reject(new Error("torn")) });
  await expect(collect(iterateStream(stream))).rejects.toThrow("torn");
});

test("a stream that is handed out can be iterated", async () => {
  const { stream } = numbers(2);
  expect(await collect(iterable(stream) as unknown as AsyncIterable<number>)).toEqual([0, 1]);
});
