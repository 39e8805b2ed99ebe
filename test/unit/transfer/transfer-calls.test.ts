/** The page's side of exports and imports. */
import { expect, test } from "vitest";
import { TransferCalls } from "../../../src/local/transfer-calls.ts";
import type { TransferRequest } from "../../../workers/kernel/transfer/contract.ts";

const ANSWER = { bytes: 3 };
const FAILURE = { code: "corrupt", message: "The file is damaged.", hint: "" } as const;

function start(): { calls: TransferCalls; sent: TransferRequest[] } {
  const sent: TransferRequest[] = [];
  return { calls: new TransferCalls((request) => sent.push(request)), sent };
}

test("progress comes before the answer, to who has asked", async () => {
  const { calls, sent } = start();
  const told: number[][] = [];
  const first = calls.call({ op: "export" }, { onProgress: (...sizes) => told.push(sizes) });
  const second = calls.call({ op: "export" }, {});
  expect(sent).toEqual([
    { id: 1, op: "export" },
    { id: 2, op: "export" },
  ]);
  calls.receive({ id: 1, type: "progress", done: 1, total: 2 });
  calls.receive({ id: 2, type: "failed", error: FAILURE });
  calls.receive({ id: 1, type: "done", answer: ANSWER });
  expect(await first).toEqual(ANSWER);
  await expect(second).rejects.toMatchObject({ code: "corrupt" });
  expect(told).toEqual([[1, 2]]);
});

test("a call that is cancelled ends with the signal's reason, when the kernel has ended it", async () => {
  const { calls, sent } = start();
  const abort = new AbortController();
  const call = calls.call({ op: "export" }, { signal: abort.signal });
  abort.abort(new Error("enough"));
  expect(sent.at(-1)).toEqual({ id: 1, op: "cancel" });
  calls.receive({ id: 1, type: "failed", error: FAILURE });
  await expect(call).rejects.toThrow("enough");
  await expect(calls.call({ op: "export" }, { signal: abort.signal })).rejects.toThrow("enough");
  expect(sent).toHaveLength(2);
});

test("a kernel that is gone answers nobody", async () => {
  const { calls } = start();
  const call = calls.call({ op: "export" }, {});
  calls.end();
  await expect(call).rejects.toMatchObject({ code: "guest-failed" });
});
