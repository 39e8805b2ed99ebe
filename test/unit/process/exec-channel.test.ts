/** The kernel's end of a channel to the guest's agent. */
import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ExecChannel } from "../../../workers/kernel/process/exec-channel.ts";
import {
  EXEC_VERSION,
  type ExecRequest,
  FromAgent,
  frame,
  numbersFrame,
  readFrames,
  ToAgent,
} from "../../../workers/kernel/process/exec-protocol.ts";
import { AgentStreams } from "../../../workers/kernel/process/stream.ts";
import {
  EXEC_NOTHING_MS,
  MAX_EXEC_REQUEST_BYTES,
  PROCESS_OUTPUT_BYTES,
} from "../../../workers/shared/limits.ts";

import { requestBytes } from "./request.ts";

const READ = 256 * 1024;
const bytes = (text: string) => new TextEncoder().encode(text);

let told: unknown[];
let channel: ExecChannel;

beforeEach(() => {
  told = [];
  channel = new ExecChannel({
    onRequest: (request) => told.push(request),
    onWriteError: (descriptor, errno) => told.push({ descriptor, errno }),
    onClose: () => told.push("closed"),
  });
});

afterEach(() => vi.useRealTimers());

const REQUEST: ExecRequest = {
  uid: 1000,
  gid: 100,
  groups: [4, 24],
  umask: 0o22,
  rows: 24,
  columns: 80,
  descriptors: [
    { mode: 0o20620, flags: 2, position: -1, target: "/dev/pts/0", isTerminal: true },
    { mode: 0o100644, flags: 0o2001, position: 5, target: "/tmp/out", isTerminal: false },
    { mode: 0, flags: 0, position: -1, target: "", isTerminal: true },
  ],
  module: "/workspace/x.wasm",
  directory: "/home",
  argv: ["x", "-v"],
  environment: ["A=b"],
};

function begin(): void {
  channel.write(requestBytes());
  told.length = 0;
}

test("a request comes whole or in pieces", () => {
  channel.write(requestBytes());
  expect(told).toEqual([REQUEST]);
  told.length = 0;
  const other = new ExecChannel({
    onRequest: (request) => told.push(request),
    onWriteError() {},

    onClose() {},
  });
  for (const byte of requestBytes()) other.write(Uint8Array.of(byte));
  expect(told).toEqual([REQUEST]);
});

test("a request that is too long, of another version or broken is refused", () => {
  const huge = frame(FromAgent.request, 0, new Uint8Array(MAX_EXEC_REQUEST_BYTES));
  expect(() => channel.write(huge)).toThrow("E2BIG");
  const fresh = () => new ExecChannel({ onRequest() {}, onWriteError() {}, onClose() {} });
  const newer = requestBytes();
  newer[8] = EXEC_VERSION + 1;
  expect(() => fresh().write(newer)).toThrow("EPROTO: another version of the agent");
  expect(() => fresh().write(frame(FromAgent.input, 0, new Uint8Array(8)))).toThrow("EPROTO");
  expect(told).toEqual([]);
});

test("reads wait for frames, and take whole ones", async () => {
  begin();
  let isReady = false;
  const ready = Promise.resolve(channel.ready()).then(() => {
    isReady = true;
  });
  await Promise.resolve();
  expect(isReady).toBe(false);
  channel.send(frame(ToAgent.write, 1, bytes("one")));
  channel.send(frame(ToAgent.write, 1, bytes("two")));
  await ready;
  expect(channel.ready()).toBeUndefined();
  expect(readFrames(channel.take(15)).map(({ payload }) => payload)).toEqual([bytes("one")]);
  expect(readFrames(channel.take(READ)).map(({ payload }) => payload)).toEqual([bytes("two")]);
  expect(channel.take(READ)).toHaveLength(0);
});

test("an agent that waits is woken now and then, to see signals", async () => {
  vi.useFakeTimers();
  begin();
  const ready = channel.ready();
  vi.advanceTimersByTime(EXEC_NOTHING_MS);
  await ready;
  expect(readFrames(channel.take(READ)).map(({ type }) => type)).toEqual([ToAgent.nothing]);
  vi.advanceTimersByTime(10 * EXEC_NOTHING_MS);
  expect(channel.ready()).toBeInstanceOf(Promise);
  channel.close();
  vi.advanceTimersByTime(EXEC_NOTHING_MS);
  expect(channel.take(READ)).toHaveLength(0);
  expect(told).toEqual(["closed"]);
});

test("questions get their answers, and errors of the guest's are those of a read", async () => {
  begin();
  const streams = new AgentStreams(channel);
  const reading = streams.read(0, 100);
  expect(readFrames(channel.take(READ))).toEqual([
    { type: ToAgent.read, descriptor: 0, payload: Uint8Array.of(100, 0, 0, 0) },
  ]);
  channel.write(frame(FromAgent.input, 0, bytes("typed")));
  expect(await reading).toEqual(bytes("typed"));
  const failing = streams.read(0, 100);
  channel.write(numbersFrame(FromAgent.error, 0, 5));
  await expect(failing).rejects.toThrow("EIO");
  const polling = streams.poll(
    [
      { descriptor: 0, write: false },
      { descriptor: 1, write: true },
    ],
    null,
  );
  channel.write(numbersFrame(FromAgent.ready, 0, 0b10));
  expect(await polling).toEqual([false, true]);
  channel.write(frame(FromAgent.size, 0, Uint8Array.of(40, 0, 100, 0)));
  expect(told).toEqual([]);
});

test("what a write came to is told at once, and by the next write", () => {
  begin();
  const streams = new AgentStreams(channel);
  expect(streams.write(1, bytes("text"))).toBe(4);
  channel.write(numbersFrame(FromAgent.error, 1, 28));
  expect(told).toEqual([{ descriptor: 1, errno: 28 }]);
  streams.fail(1, 28);
  expect(() => streams.write(1, bytes("more"))).toThrow("ENOSPC");
  expect(streams.write(1, bytes("more"))).toBe(4);
});

test("a program waits while its agent is far behind", async () => {
  begin();
  const streams = new AgentStreams(channel);
  const piece = new Uint8Array(PROCESS_OUTPUT_BYTES / 4);
  let waiting: unknown;
  for (let i = 0; i < 4; i++) waiting = streams.write(1, piece);
  expect(waiting).toBeInstanceOf(Promise);
  channel.take(READ);
  expect(await waiting).toBe(piece.length);
});

test("several threads wait while their agent is far behind, and all go on", async () => {
  begin();
  const streams = new AgentStreams(channel, true);
  const piece = new Uint8Array(PROCESS_OUTPUT_BYTES / 4);
  const waiting = Array.from({ length: 5 }, (_, i) => streams.write((i % 2) + 1, piece));
  expect(waiting.slice(-2).every((one) => one instanceof Promise)).toBe(true);
  while (channel.take(READ).length > 0);
  expect(await Promise.all(waiting)).toEqual(waiting.map(() => piece.length));
});

test("one question is asked after the other", async () => {
  begin();
  const streams = new AgentStreams(channel);
  const reads = [streams.read(0, 10), streams.read(0, 10)];
  expect(readFrames(channel.take(READ)).map(({ type }) => type)).toEqual([ToAgent.read]);
  channel.write(frame(FromAgent.input, 0, bytes("one")));
  expect(readFrames(channel.take(READ)).map(({ type }) => type)).toEqual([ToAgent.read]);
  channel.write(frame(FromAgent.input, 0, bytes("two")));
  expect(await Promise.all(reads)).toEqual([bytes("one"), bytes("two")]);
});

test("whatever an agent writes, nothing else comes of it than an error", () => {
  const header = fc.tuple(fc.constantFrom(...Object.values(FromAgent)), fc.nat(255), fc.nat(64));
  const frames = header.map(([type, descriptor, length]) =>
    frame(type, descriptor, new Uint8Array(length)),
  );
  fc.assert(
    fc.property(fc.boolean(), fc.array(fc.oneof(frames, fc.uint8Array())), (begins, writes) => {
      const one = new ExecChannel({ onRequest() {}, onWriteError() {}, onClose() {} });
      if (begins) one.write(requestBytes());
      for (const piece of writes) {
        try {
          one.write(piece);
        } catch (error) {
          expect(error).toMatchObject({ name: "PosixError" });
        }
      }
    }),
    { numRuns: 500 },
  );
});
