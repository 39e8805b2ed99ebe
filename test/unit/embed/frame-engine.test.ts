/** A page's end of a connection, with a frame at the other that does what it likes. */
import { afterEach, expect, test } from "vitest";
import { Sandbox } from "../../../src/api/sandbox.ts";
import type { FrameEvent, ToFrame } from "../../../src/embed/contract.ts";
import { FrameEngine } from "../../../src/embed/frame-engine.ts";
import { TabnixError } from "../../../workers/shared/errors.ts";
import { PROGRAM_OUTPUT_BYTES, TERMINAL_OUTPUT_BYTES } from "../../../workers/shared/limits.ts";
import { STATUS } from "./samples.ts";

const opened: MessagePort[] = [];

afterEach(() => {
  for (const port of opened.splice(0)) port.close();
});

/** An engine, and the frame's end of it. */
function play() {
  const { port1, port2 } = new MessageChannel();
  opened.push(port1, port2);
  const events: FrameEvent[] = [];
  const engine = new FrameEngine(port1, (event) => events.push(event));
  const asked: ToFrame[] = [];
  let wake = () => {};
  port2.onmessage = ({ data }) => {
    asked.push(data);
    wake();
  };
  let id = 0;
  return {
    engine,
    events,
    /** The page's message of that number. */
    async asked(number: number): Promise<ToFrame> {
      while (asked.length < number) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return asked[number - 1]!;
    },
    /** Says something as it is. */
    raw: (...messages: unknown[]) => {
      for (const message of messages) port2.postMessage(message);
    },
    /** Says something in its turn. */
    say: (message: object) => {
      id += 1;
      port2.postMessage({ id, ...message });
    },
  };
}

const entry = { ...STATUS, name: "real" };
const welcome = { type: "welcome", load: 1, state: "running", ports: [80] };

test("forged, oversized, out-of-order and replayed messages change nothing", async () => {
  const frame = play();
  frame.raw(
    null,
    "welcome",
    welcome,
    { id: 2, ...welcome },
    { id: 1, ...welcome, state: "owned" },
    { id: 1, ...welcome, ports: [65_536] },
    { id: 1, ...welcome, more: 1 },
    { id: 1, type: "answer", call: 1, answer: null },
    { id: 1, type: "notice", error: { code: "full", message: "x".repeat(100_000), hint: "" } },
  );
  frame.say(welcome);
  const listed = frame.engine.files.list("/root");
  const status = frame.engine.files.status("/root");
  expect(await frame.asked(2)).toEqual({ id: 2, type: "status", path: "/root", follow: true });
  const answer = (call: number, value: unknown) => ({ type: "answer", call, answer: value });
  frame.raw(
    { id: 2, ...answer(3, [entry]) },
    { id: 2, ...answer(2, [entry]) },
    { id: 2, ...answer(1, STATUS) },
    { id: 2, ...answer(1, [{ ...entry, size: "1" }]) },
    { id: 2, ...answer(1, [{ ...entry, name: "x".repeat(256) }]) },
    { id: 3, ...answer(1, [{ ...entry, name: "ahead" }]) },
    { id: 1, ...answer(1, [{ ...entry, name: "again" }]) },
  );
  frame.say(answer(1, [entry]));
  frame.raw({ id: 3, ...answer(1, [{ ...entry, name: "twice" }]) });
  frame.say(answer(2, STATUS));
  expect(await listed).toEqual([entry]);
  expect(await status).toEqual(STATUS);
  expect(frame.events).toEqual([{ id: 1, ...welcome }]);
  expect([frame.engine.state, frame.engine.ports]).toEqual(["running", [80]]);
});

test("output of no program, and more than was asked for, is thrown away", async () => {
  const frame = play();
  const running = new Promise<void>((resolve) => frame.engine.on("state", () => resolve()));
  frame.say(welcome);
  await running;
  const sandbox = new Sandbox(frame.engine, {});
  const program = sandbox.spawn("cat");
  await frame.asked(1);
  const output = (number: number, bytes: number) => ({
    type: "program",
    about: {
      program: number,
      type: "output",
      descriptor: 1,
      bytes: new Uint8Array(bytes).fill(65),
    },
  });
  frame.say(output(5, 3));
  frame.say(output(0, PROGRAM_OUTPUT_BYTES));
  frame.say(output(0, 1));
  frame.say({ type: "program", about: { program: 0, type: "exit", status: 0 } });
  frame.say({ type: "program", about: { program: 0, type: "exit", status: 9 } });
  expect(await program.exit).toBe(0);
  const bytes = new Uint8Array(await new Response(program.stdout).arrayBuffer());
  expect([bytes.length, new Set(bytes)]).toEqual([PROGRAM_OUTPUT_BYTES, new Set([65])]);
});

test("a terminal is as far ahead as it may be, and ends with its shell or the machine", async () => {
  const frame = play();
  const running = new Promise<void>((resolve) => frame.engine.on("state", () => resolve()));
  frame.say(welcome);
  await running;
  const sessions = [0, 1].map(() => frame.engine.openTerminal({ rows: 24, columns: 80 }));
  expect(await frame.asked(2)).toEqual({
    id: 2,
    type: "terminal",
    about: { type: "terminal-open", terminal: 1, rows: 24, columns: 80 },
  });
  const seen: number[] = [];
  const drawn: (() => void)[] = [];
  const ended: [number, number][] = [];
  sessions.forEach((session, at) => {
    session.onOutput = (bytes, done) => {
      seen.push(bytes.length);
      drawn.push(done);
    };
    session.onExit = (status) => ended.push([at, status]);
  });
  const output = (terminal: number, bytes: number) => ({
    type: "terminal",
    about: { type: "terminal-output", terminal, bytes: new Uint8Array(bytes) },
  });
  frame.say(output(5, 1));
  frame.say(output(0, TERMINAL_OUTPUT_BYTES));
  frame.say(output(0, 1));
  frame.say({ type: "terminal", about: { type: "terminal-exit", terminal: 1, status: 7 } });
  frame.say({ type: "terminal", about: { type: "terminal-exit", terminal: 1, status: 8 } });
  sessions[0]?.write("typed");
  await expect.poll(() => ended).toEqual([[1, 7]]);
  expect(seen).toEqual([TERMINAL_OUTPUT_BYTES]);
  for (const done of drawn) done();
  expect(await frame.asked(4)).toEqual({
    id: 4,
    type: "terminal",
    about: { type: "terminal-drawn", terminal: 0, bytes: TERMINAL_OUTPUT_BYTES },
  });
  frame.say(output(0, 2));
  await expect.poll(() => seen).toEqual([TERMINAL_OUTPUT_BYTES, 2]);
  frame.engine.lose(new TabnixError("closed", "It is gone."));
  expect(ended).toEqual([
    [1, 7],
    [0, 129],
  ]);
});

test("a server's answers are those of their request, and more than was asked for ends only that", async () => {
  const frame = play();
  const running = new Promise<void>((resolve) => frame.engine.on("state", () => resolve()));
  frame.say(welcome);
  await running;
  const { ports } = new Sandbox(frame.engine, {});
  const server = (about: object) => frame.say({ type: "server", about });
  const head = (id: number, status = 200) => ({ type: "head", id, status, reason: "", fields: [] });
  const piece = (id: number) => ({ type: "piece", id, bytes: Uint8Array.of(65) });
  const flooded = ports.fetch(80, "/");
  expect(await frame.asked(1)).toEqual({
    id: 1,
    type: "server",
    about: {
      type: "request",
      id: 1,
      port: 80,
      method: "GET",
      target: "/",
      fields: [["accept-encoding", "identity"]],
    },
  });
  const early = ports.fetch(80, "/page");
  const odd = ports.fetch(80, "/odd");
  const waiting = ports.fetch(80, "/never");
  await frame.asked(4);
  server(head(9));
  server(piece(2));
  for (const id of [1, 2, 3, 4]) server({ type: "accepted", id });
  server(head(1));
  for (let i = 0; i < 20; i++) server(piece(1));
  server({ ...head(3), fields: [["no name", "of a field"]] });
  await expect(odd).rejects.toMatchObject({ name: "TabnixError", code: "malformed" });
  await expect((await flooded).text()).rejects.toThrow("More was sent than was asked for.");
  server(head(2, 201));
  await expect((await early).text()).rejects.toThrow("More was sent than was asked for.");
  frame.engine.lose(new TabnixError("closed", "It is gone."));
  await expect(waiting).rejects.toMatchObject({ code: "unreachable" });
});

test("what waits when the frame is gone fails, and so does what comes after", async () => {
  const frame = play();
  const waiting = frame.engine.files.list("/root");
  const reason = new TabnixError("closed", "The frame was loaded anew.");
  frame.engine.lose(reason);
  await expect(waiting).rejects.toBe(reason);
  await expect(frame.engine.boot()).rejects.toBe(reason);
  expect(frame.engine.state).toBe("stopped");
});

test("who gives up on a call tells the frame", async () => {
  const frame = play();
  const giving = new AbortController();
  const removed = frame.engine.files.remove("/root", { signal: giving.signal });
  await frame.asked(1);
  giving.abort(new Error("given up"));
  await expect(removed).rejects.toThrow("given up");
  expect(await frame.asked(2)).toEqual({ id: 2, type: "cancel", call: 1 });
});
