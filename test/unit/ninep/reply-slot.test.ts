import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { build } from "vite";
import { expect, test } from "vitest";
import { ReplySlot } from "../../../workers/kernel/reply-slot.ts";
import { REPLY_SLOT_BYTES } from "../../../workers/shared/limits.ts";

const REPLY = Uint8Array.of(1, 2, 3);

/** The kernel's end of the same memory. */
function kernelEnd(slot: ReplySlot): ReplySlot {
  return new ReplySlot(slot.memory);
}

/** reply-slot-kernel.ts as one script: a thread under Vitest loads no TypeScript. */
async function kernelScript(): Promise<string> {
  const entry = fileURLToPath(new URL("./reply-slot-kernel.ts", import.meta.url));
  const result = await build({
    configFile: false,
    logLevel: "error",
    build: {
      write: false,
      lib: { entry, formats: ["cjs"] },
      rolldownOptions: { external: ["node:worker_threads"] },
    },
  });
  const [output] = [result].flat();
  if (!output || !("output" in output)) throw new Error("Vite gave no output");
  return output.output[0].code;
}

test("a reply that is there at once is taken from the slot", () => {
  const slot = new ReplySlot();
  slot.open(7);
  expect(kernelEnd(slot).put(7, REPLY)).toBe(true);
  expect(slot.take()).toEqual(REPLY);
});

test("a reply that comes too late must be a message", () => {
  const slot = new ReplySlot();
  slot.open(7);
  expect(slot.take(0)).toBeUndefined();
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
  expect(slot.take()).toHaveLength(REPLY_SLOT_BYTES);
  expect(kernel.put(8, REPLY)).toBe(false);
});

test("between threads each reply comes exactly once, by the slot or as a message", async () => {
  const slot = new ReplySlot();
  const requests = 2000;
  const kernel = new Worker(await kernelScript(), { eval: true, workerData: slot.memory });
  const taken: number[] = [];
  const messages: number[] = [];
  kernel.on("message", (id: number) => messages.push(id));
  for (let id = 1; id <= requests; id++) {
    slot.open(id);
    kernel.postMessage(id);
    // Waits of many lengths meet the reply at every moment of its way.
    const reply = slot.take((id % 10) / 100);
    if (!reply) continue;
    expect(reply).toEqual(Uint8Array.of(id, id >> 8));
    taken.push(id);
  }
  await expect.poll(() => taken.length + messages.length).toBe(requests);
  await kernel.terminate();
  expect([...taken, ...messages].sort((a, b) => a - b)).toEqual(
    Array.from({ length: requests }, (_, i) => i + 1),
  );
});
