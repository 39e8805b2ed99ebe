/** Programs as streams, over one that is played. */
import { expect, test } from "vitest";
import { Process } from "../../../src/api/process.ts";
import { gather } from "../../../src/api/run.ts";
import { TabnixError } from "../../../workers/shared/errors.ts";
import { PlayedSession } from "./played-session.ts";

function start(signal = new AbortController().signal) {
  const session = new PlayedSession();
  return { session, process: new Process(session, signal) };
}

async function textOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  for await (const piece of stream) text += `[${new TextDecoder().decode(piece)}]`;
  return text;
}

test("each piece is counted as read when it is read, and not before", async () => {
  const { session, process } = start();
  session.say(1, "one");
  session.say(1, "three");
  session.say(2, "e");
  expect(session.asked).toEqual([]);
  const reader = process.stdout.getReader();
  await reader.read();
  expect(session.asked).toEqual([["read", 1, 3]]);
  reader.releaseLock();
  session.end({ status: 4 });
  expect(await Promise.all([textOf(process.stdout), textOf(process.stderr)])).toEqual([
    "[three]",
    "[e]",
  ]);
  expect(await process.exit).toBe(4);
});

test("input goes as fast as it is taken, as text or bytes, and ends", async () => {
  const { session, process } = start();
  const writer = process.stdin.getWriter();
  const written = [writer.write("a"), writer.write(Uint8Array.of(98)), writer.close()];
  await writer.ready.catch(() => {});
  expect(session.asked).toEqual([["write", "a"]]);
  session.take();
  await written[0];
  expect(session.asked).toEqual([
    ["write", "a"],
    ["write", "b"],
  ]);
  session.take();
  await Promise.all(written);
  expect(session.asked.at(-1)).toEqual(["end-input"]);
});

test("who stops reading says so, once", async () => {
  const { session, process } = start();
  session.say(1, "x");
  for await (const _ of process.stdout) break;
  session.say(1, "thrown away");
  await process.stderr.cancel();
  expect(session.asked).toEqual([
    ["read", 1, 1],
    ["stop-reading", 1],
    ["stop-reading", 2],
  ]);
  session.end({ status: 141 });
  expect(await process.exit).toBe(141);
});

test("a signal ends all of it with its reason", async () => {
  const controller = new AbortController();
  const { session, process } = start(controller.signal);
  const reason = new Error("enough");
  const reading = textOf(process.stdout);
  controller.abort(reason);
  expect(session.asked).toEqual([
    ["signal", 9],
    ["stop-reading", 1],
    ["stop-reading", 2],
  ]);
  const outcomes = await Promise.allSettled([reading, textOf(process.stderr), process.exit]);
  expect(outcomes).toEqual(Array(3).fill({ status: "rejected", reason }));
  session.end({ status: 137 });
  await expect(process.exit).rejects.toBe(reason);
});

test("a machine that stops fails what waits", async () => {
  const { session, process } = start();
  const error = new TabnixError("guest-failed", "The machine has stopped.");
  const reading = textOf(process.stdout);
  session.end({ error });
  await expect(reading).rejects.toBe(error);
  await expect(process.exit).rejects.toBe(error);
});

test("only signals that there are can be sent", () => {
  const { session, process } = start();
  process.kill();
  process.kill("SIGINT");
  expect(session.asked).toEqual([
    ["signal", 15],
    ["signal", 2],
  ]);
  // @ts-expect-error: no such signal
  expect(() => process.kill("toString")).toThrow('"toString" is not a signal that can be sent.');
});

test("disposed, it is killed, and waited for", async () => {
  const { session, process } = start();
  let isDisposed = false;
  const disposed = process[Symbol.asyncDispose]().then(() => {
    isDisposed = true;
  });
  await process.stdout.getReader().closed;
  expect([session.asked[0], isDisposed]).toEqual([["signal", 9], false]);
  session.end({ status: 137 });
  await disposed;
});

test("text that is cut inside of a letter is put together", async () => {
  const { session, process } = start();
  const result = gather(process, { stdin: undefined, maxOutputBytes: 100 });
  const bytes = new TextEncoder().encode("ä€𝄞");
  for (const byte of bytes) session.onOutput(1, Uint8Array.of(byte));
  session.say(2, "é");
  session.end({ status: 1 });
  expect(await result).toEqual({ stdout: "ä€𝄞", stderr: "é", status: 1 });
  expect(session.asked).toContainEqual(["end-input"]);
});

test("more than may be gathered ends it", async () => {
  const { session, process } = start();
  const result = gather(process, { stdin: undefined, maxOutputBytes: 3 });
  session.say(2, "four");
  await expect(result).rejects.toMatchObject({
    code: "full",
    message: "The program wrote more than 3 bytes.",
  });
  expect(session.asked).toContainEqual(["signal", 9]);
});

test("a source of input is given up when the program has ended", async () => {
  const { session, process } = start();
  let isCancelled = false;
  const stdin = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(Uint8Array.of(120)),
    cancel: () => {
      isCancelled = true;
    },
  });
  const result = gather(process, { stdin, maxOutputBytes: 0 });
  session.end({ status: 0 });
  expect(await result).toEqual({ stdout: "", stderr: "", status: 0 });
  session.take();
  await expect.poll(() => isCancelled).toBe(true);
});

test("a source that fails ends the program with what it failed with", async () => {
  const { session, process } = start();
  const reason = new Error("the source is gone");
  const stdin = (async function* () {
    yield "a";
    throw reason;
  })();
  const result = gather(process, { stdin, maxOutputBytes: 0 });
  await expect.poll(() => session.asked).toEqual([["write", "a"]]);
  session.take();
  await expect(result).rejects.toBe(reason);
  expect(session.asked).toContainEqual(["signal", 9]);
});
