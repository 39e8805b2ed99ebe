import fc from "fast-check";
import { expect, test } from "vitest";
import { TabnixError } from "../../../workers/shared/errors.ts";
import { WASI_CALL_BYTES, WASI_DATA_BYTES } from "../../../workers/shared/limits.ts";
import { createCallMemory, KernelChannel, ProgramChannel } from "../../../workers/wasi/channel.ts";
import type { Call } from "../../../workers/wasi/contract.ts";
import { startThread } from "./threads.ts";

const SYNC: Call = { op: "sync", file: 7 };
const WORDS = 4;

/** Both ends in one thread: the kernel answers while the bell rings. */
function pair(answerTo: (kernel: KernelChannel) => void) {
  const kernel = new KernelChannel();
  const program = new ProgramChannel(kernel.memory, () => answerTo(kernel));
  return { kernel, program };
}

test("a call and its data go over, an answer and its data come back", () => {
  const { program } = pair((kernel) => {
    const { call, data } = kernel.take();
    expect(call).toEqual({ op: "readlink", at: 3, path: "é\udcff" });
    expect([...data]).toEqual([1, 2, 3]);
    kernel.answer({ target: "\udc80" }, Uint8Array.of(4, 5));
  });
  const call: Call = { op: "readlink", at: 3, path: "é\udcff" };
  const { answer, data } = program.call({ call, data: [Uint8Array.of(1), Uint8Array.of(2, 3)] });
  expect(answer).toEqual({ target: "\udc80" });
  expect([...data]).toEqual([4, 5]);
});

test("an answer's data may be put together in its place", () => {
  const { program, kernel } = pair(() => {
    kernel.take();
    const room = kernel.room(WASI_DATA_BYTES);
    room.fill(9);
    kernel.answer({ length: 2 }, room.subarray(0, 2));
  });
  expect([...program.call({ call: SYNC }).data]).toEqual([9, 9]);
  expect(() => kernel.room(WASI_DATA_BYTES + 1)).toThrow(RangeError);
});

test("what is too long for the memory is EMSGSIZE, on both ways", () => {
  const { program } = pair((kernel) => {
    kernel.take();
    kernel.answer({ target: "x".repeat(WASI_CALL_BYTES) });
  });
  expect(program.call({ call: SYNC }).answer).toEqual({ error: "EMSGSIZE" });
  const long: Call = { op: "mkdir", at: 3, path: "x".repeat(WASI_CALL_BYTES) };
  expect(program.call({ call: long }).answer).toEqual({ error: "EMSGSIZE" });
  const tooMuch = pair((kernel) => {
    kernel.take();
    kernel.answer({}, new Uint8Array(WASI_DATA_BYTES + 1));
  });
  expect(tooMuch.program.call({ call: SYNC }).answer).toEqual({ error: "EMSGSIZE" });
});

test("a bell that could not be rung leaves the channel as it was", () => {
  let rings = 0;
  const { program } = pair((kernel) => {
    if (rings++ === 0) throw new RangeError("Maximum call stack size exceeded");
    kernel.take();
    kernel.answer({});
  });
  expect(() => program.call({ call: SYNC })).toThrow(RangeError);
  expect(program.call({ call: SYNC }).answer).toEqual({});
});

test("a bell without a call is refused", () => {
  expect(() => new KernelChannel().take()).toThrow(TabnixError);
});

test("whatever is in the memory, the kernel gets JSON or a typed error", () => {
  const word = fc.oneof(fc.integer(), fc.constantFrom(0, 1, 2, WASI_CALL_BYTES, WASI_DATA_BYTES));
  const json = fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    fc.json().map((text) => new TextEncoder().encode(text)),
    fc.constant(new TextEncoder().encode("[".repeat(WASI_CALL_BYTES))),
  );
  const memory = createCallMemory();
  const kernel = new KernelChannel(memory);
  fc.assert(
    fc.property(fc.array(word, { maxLength: WORDS }), json, (words, bytes) => {
      new Int32Array(memory).set([1, bytes.length, 0, 0]);
      new Int32Array(memory).set(words);
      new Uint8Array(memory).set(bytes, WORDS * Int32Array.BYTES_PER_ELEMENT);
      try {
        expect(kernel.take().data.length).toBeLessThanOrEqual(WASI_DATA_BYTES);
      } catch (error) {
        expect(error).toBeInstanceOf(TabnixError);
        expect(error).toMatchObject({ code: "malformed" });
      }
      kernel.answer({});
    }),
    { numRuns: 1000 },
  );
});

test("between threads every call has its answer", async () => {
  const calls = 2000;
  const kernel = new KernelChannel();
  const seen: number[] = [];
  const worker = await startThread("./channel-thread.ts", { memory: kernel.memory, calls });
  await new Promise<void>((resolve, reject) => {
    worker.on("error", reject);
    worker.on("message", (message: string) => {
      if (message === "end") return resolve();
      const { call, data } = kernel.take();
      const { file } = call as Extract<Call, { op: "read" }>;
      // What came with this call is what went with the answer before.
      expect(data.length).toBe(seen.length);
      expect(data.every((byte) => byte === (seen.length & 0xff))).toBe(true);
      seen.push(file);
      const answer = () => kernel.answer({}, kernel.room(seen.length).fill(seen.length & 0xff));
      if (file % 3 === 0) setImmediate(answer);
      else answer();
    });
  });
  await worker.terminate();
  expect(seen).toEqual(Array.from({ length: calls }, (_, i) => i));
});
