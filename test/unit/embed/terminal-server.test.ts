/** Terminals for a page that does not keep to what was agreed. */
import { expect, test } from "vitest";
import type { TerminalSession } from "../../../src/computer.ts";
import type { FromTerminals, ToTerminals } from "../../../src/embed/contract.ts";
import { TerminalServer } from "../../../src/embed/frame/terminal-server.ts";
import { TabnixError } from "../../../workers/shared/errors.ts";

/** A server on terminals that do nothing but note what is asked of them. */
function play() {
  const asked: unknown[] = [];
  const sent: FromTerminals[] = [];
  const sessions: TerminalSession[] = [];
  const server = new TerminalServer({
    open: ({ rows, columns }) => {
      if (rows === 1) throw new TabnixError("busy", "Too many are open.");
      asked.push(["open", rows, columns]);
      const session: TerminalSession = {
        write: (data) => asked.push(["write", data]),
        resize: (...size) => asked.push(["resize", ...size]),
        onOutput: () => {},
        onExit: () => {},
        close: () => asked.push(["close"]),
      };
      sessions.push(session);
      return session;
    },
    send: (about) => sent.push(about),
  });
  const say = (...abouts: ToTerminals[]) => {
    for (const about of abouts) server.receive(about);
  };
  return { server, asked, sent, sessions, say };
}

const open = (terminal: number, rows = 24): ToTerminals => ({
  type: "terminal-open",
  terminal,
  rows,
  columns: 80,
});
const drawn = (bytes: number): ToTerminals => ({ type: "terminal-drawn", terminal: 0, bytes });

test("a number that is taken opens nothing, and one that is free does nothing else", () => {
  const { asked, sent, say } = play();
  const bytes = Uint8Array.of(3);
  say({ type: "terminal-input", terminal: 0, bytes }, open(0), open(0, 30));
  say({ type: "terminal-input", terminal: 0, bytes }, { type: "terminal-close", terminal: 1 });
  say({ type: "terminal-resize", terminal: 0, rows: 2, columns: 3 });
  expect(asked).toEqual([
    ["open", 24, 80],
    ["write", bytes],
    ["resize", 2, 3],
  ]);
  expect(sent).toEqual([]);
});

test("why one cannot be opened is shown in it", () => {
  const { sent, say } = play();
  say(open(4, 1));
  const bytes = new TextEncoder().encode("tabnix: Too many are open.\r\n");
  expect(sent).toEqual([
    { type: "terminal-output", terminal: 4, bytes },
    { type: "terminal-exit", terminal: 4, status: 1 },
  ]);
});

test("output is drawn as far as it was sent, and no further", () => {
  const { sessions, say } = play();
  say(open(0));
  const told: string[] = [];
  const write = (name: string, length: number) =>
    sessions[0]?.onOutput(new Uint8Array(length), () => told.push(name));
  write("one", 4);
  write("two", 4);
  say(drawn(5));
  expect(told).toEqual(["one"]);
  say(drawn(100));
  expect(told).toEqual(["one", "two"]);
  write("three", 1);
  expect(told).toEqual(["one", "two"]);
});

test("when nobody is there they are hung up, and wait for nobody", () => {
  const { server, asked, sent, sessions, say } = play();
  say(open(0));
  const told: string[] = [];
  sessions[0]?.onOutput(new Uint8Array(1), () => told.push("before"));
  server.end();
  sessions[0]?.onOutput(new Uint8Array(1), () => told.push("after"));
  sessions[0]?.onExit(129);
  expect(asked.at(-1)).toEqual(["close"]);
  expect(told).toEqual(["before", "after"]);
  expect(sent).toHaveLength(1);
});
