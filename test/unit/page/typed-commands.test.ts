/** Commands of a set-up are typed at prompts, one after the other. */
import type { Terminal } from "@xterm/xterm";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { isPrompt, TypedCommands } from "../../../src/terminal/typed-commands.ts";
import { SETUP_PROMPT_MS } from "../../../workers/shared/limits.ts";

/** The part of a terminal that is looked at: one line, up to the cursor. */
class Screen {
  line = "";
  type: "normal" | "alternate" = "normal";
  readonly listeners = new Map<string, () => void>();
  #onReport: ((parameters: number[]) => boolean) | undefined;

  get terminal(): Terminal {
    const on = (name: string) => (listener: () => void) => {
      this.listeners.set(name, listener);
      return { dispose: () => void this.listeners.delete(name) };
    };
    const line = {
      translateToString: (_trim: boolean, _from: number, to: number) => this.line.slice(0, to),
    };
    const { line: text } = this;
    const part = {
      onLineFeed: on("feed"),
      onWriteParsed: on("parsed"),
      parser: {
        registerCsiHandler: (_id: unknown, handler: (parameters: number[]) => boolean) => {
          this.#onReport = handler;
          return on("report")(() => {});
        },
      },
      buffer: {
        active: Object.defineProperties(
          {
            baseY: 3,
            cursorY: 1,
            cursorX: text.length,
            getLine: (row: number) => (row === 4 ? line : undefined),
          },
          { type: { get: () => this.type }, cursorX: { get: () => this.line.length } },
        ),
      },
    };
    return part as unknown as Terminal;
  }

  /** A program asks for a report (DSR). @returns whether the terminal answers */
  answers(parameter: number): boolean {
    return !this.listeners.has("report") || this.#onReport?.([parameter]) !== true;
  }

  /** Writes as a program does; one call is what is drawn at once. */
  print(text: string): void {
    for (const part of text.split(/(\n)/)) {
      if (part === "\n") {
        this.line = "";
        this.listeners.get("feed")?.();
      } else this.line += part;
    }
    this.listeners.get("parsed")?.();
  }
}

let screen: Screen;
let sent: string[];
let waiting: string[];
const type = (...commands: string[]) =>
  new TypedCommands({
    terminal: screen.terminal,
    commands,
    send: (data) => sent.push(data),
    onWaiting: (command) => waiting.push(command),
  });

beforeEach(() => {
  vi.useFakeTimers();
  screen = new Screen();
  sent = [];
  waiting = [];
});
afterEach(() => vi.useRealTimers());

test.each([
  ["root@tabnix:~# ", true],
  ["me@host:/srv$ ", true],
  ["❯ ", true],
  ["", false],
  ["root@tabnix:~#", false],
  ["root@tabnix:~# ls", false],
  [">>> ", false],
  ["50% ", false],
])("is “%s” a prompt: %s", (line, expected) => {
  expect(isPrompt(line)).toBe(expected);
});

test("each command waits for a prompt of its own", () => {
  type("cd /srv", "ls");
  screen.print("Welcome\n");
  expect(sent).toEqual([]);
  screen.print("root@tabnix:~# ");
  expect(sent).toEqual(["cd /srv\r"]);
  // The echo is on its way: the line still looks like a prompt.
  screen.print("");
  expect(sent).toEqual(["cd /srv\r"]);
  screen.print("cd /srv\nroot@tabnix:/srv# ");
  expect(sent).toEqual(["cd /srv\r", "ls\r"]);
  screen.print("ls\nfile\nroot@tabnix:/srv# ");
  expect(sent).toHaveLength(2);
  expect(screen.listeners.size).toBe(0);
  expect(waiting).toEqual([]);
});

test("a prompt that has its command already is not told where the cursor is", () => {
  type("cd /srv", "ls");
  expect(screen.answers(6)).toBe(true);
  screen.print("$ ");
  expect([screen.answers(6), screen.answers(5)]).toEqual([false, true]);
  screen.print("cd /srv\n");
  expect(screen.answers(6)).toBe(true);
  screen.print("$ ");
  expect(screen.answers(6)).toBe(false);
  screen.print("ls\n");
  expect(screen.answers(6)).toBe(true);
});

test("what a program has for itself is no prompt: a screen of its own, a question", () => {
  type("less a", "ls");
  screen.print("# ");
  screen.type = "alternate";
  screen.print("less a\n# ");
  expect(sent).toEqual(["less a\r"]);
  screen.type = "normal";
  screen.print("\nreally? ");
  expect(sent).toEqual(["less a\r"]);
  screen.print("yes\n# ");
  expect(sent).toEqual(["less a\r", "ls\r"]);
});

test("where no prompt comes that is known, the visitor is told; a long command is no reason", () => {
  type("make", "make install");
  screen.print("λ ");
  vi.advanceTimersByTime(SETUP_PROMPT_MS);
  expect(waiting).toEqual(["make"]);
  screen.print("\n$ ");
  vi.advanceTimersByTime(10 * SETUP_PROMPT_MS);
  expect([sent, waiting]).toEqual([["make\r"], ["make"]]);
});

test("a shell that ends has commands left: they are told of, and typed no more", () => {
  const typed = type("exit 1", "ls");
  screen.print("$ ");
  typed.end();
  screen.print("\n$ ");
  expect([sent, waiting]).toEqual([["exit 1\r"], ["ls"]]);
});

test("no commands, no listeners", () => {
  type();
  expect(screen.listeners.size).toBe(0);
  vi.advanceTimersByTime(SETUP_PROMPT_MS);
  expect(waiting).toEqual([]);
});
