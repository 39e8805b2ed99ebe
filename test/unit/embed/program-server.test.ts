/** Programs for a page that does not keep to what was agreed. */
import { expect, test } from "vitest";
import type { ProgramSession } from "../../../src/computer.ts";
import { ProgramServer } from "../../../src/embed/frame/program-server.ts";
import type { FromPrograms, ToPrograms } from "../../../workers/machine/programs/contract.ts";
import { TabnixError } from "../../../workers/shared/errors.ts";
import { PROGRAM_WRITE_BYTES } from "../../../workers/shared/limits.ts";

/** A server on programs that do nothing but note what is asked of them. */
function play() {
  const asked: unknown[] = [];
  const sent: FromPrograms[] = [];
  const sessions: ProgramSession[] = [];
  const taken: (() => void)[] = [];
  const server = new ProgramServer({
    start: ({ command }) => {
      asked.push(["start", command]);
      if (command === "busy") throw new TabnixError("busy", "Too many run.");
      const session: ProgramSession = {
        write: (bytes) => {
          asked.push(["write", bytes.length]);
          return new Promise((resolve) => taken.push(resolve));
        },
        endInput: () => asked.push(["end-input"]),
        onOutput: () => {},
        read: (descriptor, bytes) => asked.push(["read", descriptor, bytes]),
        stopReading: (descriptor) => asked.push(["stop-reading", descriptor]),
        signal: (signal) => asked.push(["signal", signal]),
        onEnd: () => {},
      };
      sessions.push(session);
      return session;
    },
    send: (about) => sent.push(about),
  });
  const say = (...abouts: ToPrograms[]) => {
    for (const about of abouts) server.receive(about);
  };
  return { server, asked, sent, sessions, taken, say };
}

const start = (program: number, command = "cat"): ToPrograms => ({
  program,
  type: "start",
  request: { command, environment: {} },
});
const write = (bytes: number): ToPrograms => ({
  program: 0,
  type: "write",
  bytes: new Uint8Array(bytes),
});

test("a number that is taken starts nothing, and one that is free does nothing else", () => {
  const { asked, sent, say } = play();
  say(start(0), start(0, "rm"), { program: 1, type: "end-input" });
  say({ program: 1, type: "signal", signal: 9 }, start(2, "busy"));
  expect(asked).toEqual([
    ["start", "cat"],
    ["start", "busy"],
  ]);
  expect(sent).toEqual([
    { program: 2, type: "failed", error: { code: "busy", message: "Too many run.", hint: "" } },
  ]);
});

test("input beyond what may wait is not taken, nor is more said to be read than there was", async () => {
  const { asked, sent, sessions, taken, say } = play();
  say(start(0), write(PROGRAM_WRITE_BYTES - 1), write(2), write(1));
  sessions[0]?.onOutput(1, new Uint8Array(10));
  const read = (descriptor: 1 | 2, bytes: number): ToPrograms => ({
    program: 0,
    type: "read",
    descriptor,
    bytes,
  });
  say(read(1, 11), read(2, 10), read(1, 10), read(1, 1));
  for (const done of taken) done();
  await Promise.resolve();
  say(write(PROGRAM_WRITE_BYTES));
  expect(asked).toEqual([
    ["start", "cat"],
    ["write", PROGRAM_WRITE_BYTES - 1],
    ["write", 1],
    ["read", 1, 10],
    ["write", PROGRAM_WRITE_BYTES],
  ]);
  expect(sent).toEqual([
    { program: 0, type: "output", descriptor: 1, bytes: new Uint8Array(10) },
    { program: 0, type: "taken", bytes: PROGRAM_WRITE_BYTES - 1 },
    { program: 0, type: "taken", bytes: 1 },
  ]);
});

test("who is gone leaves no program that runs, nor one that waits for a reader", () => {
  const { server, asked, sent, sessions, say } = play();
  say(start(0), start(1));
  sessions[1]?.onEnd({ status: 0 });
  server.end();
  sessions[0]?.onOutput(1, new Uint8Array(3));
  sessions[0]?.onEnd({ status: 137 });
  say({ program: 0, type: "end-input" });
  expect(asked).toEqual([
    ["start", "cat"],
    ["start", "cat"],
    ["signal", 9],
    ["read", 1, 3],
  ]);
  expect(sent).toEqual([{ program: 1, type: "exit", status: 0 }]);
});
