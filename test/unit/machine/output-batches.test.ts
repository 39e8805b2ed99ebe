import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { OutputBatches } from "../../../workers/machine/output-batches.ts";
import { OUTPUT_BATCH_BYTES, OUTPUT_BATCH_MS } from "../../../workers/shared/limits.ts";

const sent: [number, string][] = [];
let batches: OutputBatches;

beforeEach(() => {
  vi.useFakeTimers();
  sent.length = 0;
  batches = new OutputBatches((terminal, bytes) =>
    sent.push([terminal, new TextDecoder().decode(bytes)]),
  );
});

afterEach(() => vi.useRealTimers());

function add(terminal: number, text: string): void {
  batches.add(terminal, new TextEncoder().encode(text));
}

test("the first piece goes at once, what follows closely goes together", () => {
  add(0, "a");
  expect(sent).toEqual([[0, "a"]]);
  add(0, "b");
  add(0, "c");
  expect(sent).toEqual([[0, "a"]]);
  vi.advanceTimersByTime(OUTPUT_BATCH_MS);
  expect(sent).toEqual([
    [0, "a"],
    [0, "bc"],
  ]);
  vi.advanceTimersByTime(OUTPUT_BATCH_MS);
  add(0, "d");
  expect(sent[2]).toEqual([0, "d"]);
});

test("a full batch does not wait", () => {
  add(0, "a");
  add(0, "b".repeat(OUTPUT_BATCH_BYTES));
  expect(sent.map(([, text]) => text.length)).toEqual([1, OUTPUT_BATCH_BYTES]);
});

test("terminals do not wait for each other, and one that ends loses nothing", () => {
  add(0, "a");
  add(1, "b");
  add(0, "c");
  batches.end(0);
  vi.runAllTimers();
  expect(sent).toEqual([
    [0, "a"],
    [1, "b"],
    [0, "c"],
  ]);
  add(0, "another of the same number");
  expect(sent[3]).toEqual([0, "another of the same number"]);
});
