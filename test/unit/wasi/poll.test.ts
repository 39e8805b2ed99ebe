/** poll_oneoff. */
import { expect, test } from "vitest";
import { CREATE, DirectProgram } from "./direct-program.ts";

const CLOCK = 0;
const READ = 1;
const WRITE = 2;
const BADF = 8;
const INVAL = 28;
const MILLISECOND = 1_000_000n;

interface Wish {
  type: number;
  /** A clock or a descriptor. */
  id: number;
  timeout?: bigint;
  isAbsolute?: boolean;
}

/** What has happened: for each event, which wish, and its error. */
function poll(
  program: DirectProgram,
  wishes: Wish[],
): { wish: number; type: number; error: number }[] {
  const subscriptions = program.room(48 * wishes.length);
  wishes.forEach(({ type, id, timeout = 0n, isAbsolute = false }, i) => {
    const at = subscriptions + 48 * i;
    program.view.setBigUint64(at, BigInt(i), true);
    program.view.setUint8(at + 8, type);
    program.view.setUint32(at + 16, id, true);
    program.view.setBigUint64(at + 24, timeout, true);
    program.view.setUint16(at + 40, isAbsolute ? 1 : 0, true);
  });
  const events = program.room(32 * wishes.length);
  const result = program.room(4);
  program.ok("poll_oneoff", subscriptions, events, wishes.length, result);
  return Array.from({ length: program.view.getUint32(result, true) }, (_, i) => ({
    wish: Number(program.view.getBigUint64(events + 32 * i, true)),
    type: program.view.getUint8(events + 32 * i + 10),
    error: program.view.getUint16(events + 32 * i + 8, true),
  }));
}

function now(program: DirectProgram, clock: number): bigint {
  const at = program.room(8);
  program.ok("clock_time_get", clock, 0n, at);
  return program.view.getBigUint64(at, true);
}

test("a clock is waited for, from now on or to a time", () => {
  for (const clock of [0, 1]) {
    const program = new DirectProgram();
    const start = now(program, 1);
    const relative = { type: CLOCK, id: clock, timeout: 3n * MILLISECOND };
    expect(poll(program, [relative])).toEqual([{ wish: 0, type: CLOCK, error: 0 }]);
    expect(now(program, 1) - start).toBeGreaterThanOrEqual(3n * MILLISECOND);
    // On a slow machine the time may be over before anybody waits.
    for (const call of program.kernel.calls) expect(call).toMatchObject({ op: "poll", files: [] });
    const timeout = now(program, clock) + 2n * MILLISECOND;
    expect(poll(program, [{ type: CLOCK, id: clock, timeout, isAbsolute: true }])).toHaveLength(1);
    expect(now(program, clock)).toBeGreaterThanOrEqual(timeout - MILLISECOND / 100n);
  }
});

test("a time that has passed needs no call", () => {
  const program = new DirectProgram();
  expect(poll(program, [{ type: CLOCK, id: 1, timeout: 0n }])).toHaveLength(1);
  expect(poll(program, [{ type: CLOCK, id: 0, timeout: 5n, isAbsolute: true }])).toHaveLength(1);
  expect(program.kernel.last("poll")).toBeUndefined();
});

test("only the clock that is over comes back", () => {
  const program = new DirectProgram();
  const happened = poll(program, [
    { type: CLOCK, id: 1, timeout: 3_600_000n * MILLISECOND },
    { type: CLOCK, id: 1, timeout: MILLISECOND },
  ]);
  expect(happened.map(({ wish }) => wish)).toEqual([1]);
});

test("streams are asked of the kernel, with the time there is", () => {
  const program = new DirectProgram();
  program.kernel.input.push(Buffer.from("x"));
  const both = [
    { type: READ, id: 0 },
    { type: WRITE, id: 1 },
  ];
  expect(poll(program, both).map(({ wish }) => wish)).toEqual([0, 1]);
  expect(program.kernel.last("poll")).toEqual({
    op: "poll",
    files: [
      { file: 0, write: false },
      { file: 1, write: true },
    ],
    timeout: null,
  });
  program.kernel.input.length = 0;
  const withClock = [
    { type: READ, id: 0 },
    { type: CLOCK, id: 1, timeout: 2n * MILLISECOND },
  ];
  expect(poll(program, withClock)).toEqual([{ wish: 1, type: CLOCK, error: 0 }]);
});

test("a file is always ready, and does not keep a stream from being so too", () => {
  const program = new DirectProgram();
  const fd = program.open("file", { how: CREATE });
  const wishes = [
    { type: READ, id: fd },
    { type: READ, id: 0 },
    { type: CLOCK, id: 1, timeout: 1000n * MILLISECOND },
  ];
  expect(poll(program, wishes).map(({ wish }) => wish)).toEqual([0]);
  expect(program.kernel.last("poll")).toMatchObject({ timeout: 0 });
  program.kernel.input.push(Buffer.from("x"));
  expect(poll(program, wishes).map(({ wish }) => wish)).toEqual([0, 1]);
});

test("what cannot be waited for is told at once", () => {
  const program = new DirectProgram();
  const happened = poll(program, [
    { type: READ, id: 99 },
    { type: READ, id: 1 },
    { type: CLOCK, id: 2, timeout: 1n },
    { type: CLOCK, id: 1, timeout: 1000n * MILLISECOND },
  ]);
  expect(happened).toEqual([
    { wish: 0, type: READ, error: BADF },
    { wish: 1, type: READ, error: BADF },
    { wish: 2, type: CLOCK, error: INVAL },
  ]);
});

test("nothing, and nonsense, are invalid", () => {
  const program = new DirectProgram();
  const at = program.room(48);
  expect(program.call("poll_oneoff", at, at, 0, at)).toBe("EINVAL");
  program.view.setUint8(at + 8, 3);
  expect(program.call("poll_oneoff", at, program.room(32), 1, at)).toBe("EINVAL");
  expect(program.call("poll_oneoff", at, at, -1, at)).toBe("EFAULT");
});
