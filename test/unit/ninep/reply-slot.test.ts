import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { bundleThread } from "../../../scripts/bundle-thread.ts";
import { ReplySlot } from "../../../workers/kernel/reply-slot.ts";
import { REPLY_SLOT_BYTES } from "../../../workers/shared/limits.ts";

const REPLY = Uint8Array.of(1, 2, 3);

/** The kernel's end of the same memory. */
function kernelEnd(slot: ReplySlot): ReplySlot {
  return new ReplySlot(slot.memory);
}

/** What the machine's end takes, copied out of the slot. */
function taken(slot: ReplySlot, milliseconds?: number): Uint8Array | undefined {
  let reply: Uint8Array | undefined;
  slot.take((bytes) => {
    reply = bytes.slice();
  }, milliseconds);
  return reply;
}

test("a reply that is there at once is taken from the slot", () => {
  const slot = new ReplySlot();
  slot.open(7);
  expect(kernelEnd(slot).put(7, REPLY)).toBe(true);
  expect(taken(slot)).toEqual(REPLY);
});

test("a reply that comes too late must be a message", () => {
  const slot = new ReplySlot();
  slot.open(7);
  expect(taken(slot, 0)).toBeUndefined();
  expect(kernelEnd(slot).put(7, REPLY)).toBe(false);
});

test("only the reply that is waited for goes into the slot, once, if it fits", () => {
  const slot = new ReplySlot();
  const kernel = kernelEnd(slot);
  expect(kernel.put(0, REPLY)).toBe(false);
  slot.open(8);
  expect(kernel.put(7, REPLY)).toBe(false);
  expect(kernel.put(8, new Uint8Array(REPLY_SLOT_BYTES + 1))).toBe(false);
  expect(kernel.put(8, new Uint8Array(REPLY_SLOT_BYTES))).toBe(true);
  expect(kernel.put(8, REPLY)).toBe(false);
  expect(taken(slot)).toHaveLength(REPLY_SLOT_BYTES);
  expect(kernel.put(8, REPLY)).toBe(false);
});

test("a reply may be put together in the slot, and the machine waits for it", () => {
  const slot = new ReplySlot();
  const kernel = kernelEnd(slot);
  expect(kernel.reserve(7, REPLY.length)).toBeUndefined();
  slot.open(7);
  expect(kernel.reserve(7, REPLY_SLOT_BYTES + 1)).toBeUndefined();
  const room = kernel.reserve(7, REPLY.length);
  room?.set(REPLY);
  expect(kernel.put(7, room!.subarray(0, 2))).toBe(true);
  expect(taken(slot, 0)).toEqual(REPLY.subarray(0, 2));
  expect(kernel.reserve(7, REPLY.length)).toBeUndefined();

  slot.open(8);
  expect(kernel.reserve(8, REPLY.length)).toBeDefined();
  // It came to nothing: the reply is another.
  expect(kernel.put(8, Uint8Array.of(9))).toBe(true);
  expect(taken(slot)).toEqual(Uint8Array.of(9));
});

test("between threads each reply comes exactly once, by the slot or as a message", async () => {
  const slot = new ReplySlot();
  const requests = 2000;
  const kernel = new Worker(
    await bundleThread(fileURLToPath(new URL("./reply-slot-kernel.ts", import.meta.url))),
    { eval: true, workerData: slot.memory },
  );
  const inSlot: number[] = [];
  const messages: number[] = [];
  kernel.on("message", (id: number) => messages.push(id));
  for (let id = 1; id <= requests; id++) {
    slot.open(id);
    kernel.postMessage(id);
    // Waits of many lengths meet the reply at every moment of its way.
    const reply = taken(slot, (id % 10) / 100);
    if (!reply) continue;
    expect(reply).toEqual(Uint8Array.of(id, id >> 8));
    inSlot.push(id);
  }
  await expect.poll(() => inSlot.length + messages.length).toBe(requests);
  await kernel.terminate();
  expect([...inSlot, ...messages].sort((a, b) => a - b)).toEqual(
    Array.from({ length: requests }, (_, i) => i + 1),
  );
});
