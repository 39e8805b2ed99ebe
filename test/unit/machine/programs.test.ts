/** Programs with pipes, as the host speaks of them to an agent that is written down here. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { AgentChannel } from "../../../workers/machine/agent/channel.ts";
import { AgentPrograms, type ProgramEvent } from "../../../workers/machine/agent/programs.ts";
import {
  encodeCredit,
  encodeFrame,
  encodeNumbers,
  encodeProgram,
  FrameReader,
  FromGuest,
  STDERR,
  STDIN,
  STDOUT,
  ToGuest,
} from "../../../workers/machine/agent/protocol.ts";
import { commandOf } from "../../../workers/machine/shell.ts";
import {
  AGENT_PAYLOAD_BYTES,
  AGENT_STRINGS,
  MAX_PROGRAMS,
  MAX_TERMINALS,
  PROGRAM_OUTPUT_BYTES,
  TERMINAL_INPUT_BYTES,
} from "../../../workers/shared/limits.ts";

const CAT = { argv: ["cat"], environment: { A: "b" }, directory: "/root" };

/** An agent that reads when it is asked what it has got. */
class PlayedAgent {
  readonly events: ProgramEvent[] = [];
  readonly programs: AgentPrograms;
  private frames: [type: number, channel: number, payload: number[]][] = [];
  private readonly channel: AgentChannel;
  private readonly reader = new FrameReader();
  private underWay = 0;

  constructor() {
    this.channel = new AgentChannel({ write: (bytes) => this.arrived(bytes) }, (frame) =>
      this.programs.receive(frame),
    );
    this.programs = new AgentPrograms(this.channel, (event) => this.events.push(event));
  }

  /** Frames since the last call, and what comes when they are read. */
  take() {
    while (this.underWay > 0) {
      const count = this.underWay;
      this.underWay = 0;
      this.channel.receive(encodeFrame(FromGuest.received, 0, Uint8Array.of(count)));
    }
    return this.frames.splice(0);
  }

  send(type: number, program: number, payload: Uint8Array): void {
    this.channel.receive(encodeFrame(type, MAX_TERMINALS + program, payload));
  }

  private arrived(bytes: Uint8Array): void {
    for (const { type, channel, payload } of this.reader.push(bytes)) {
      this.frames.push([type, channel, [...payload]]);
    }
    this.underWay += 1;
  }
}

test("a program is started, may write, is written to, signalled and ended", () => {
  const agent = new PlayedAgent();
  const { programs } = agent;
  const id = MAX_TERMINALS + 2;
  programs.start(2, CAT);
  const credit = (descriptor: 1 | 2, bytes: number) => [
    ToGuest.credit,
    id,
    [...encodeCredit(bytes, descriptor)],
  ];
  expect(agent.take()).toEqual([
    [ToGuest.open, id, [...encodeProgram(CAT, "pipes")]],
    credit(STDOUT, PROGRAM_OUTPUT_BYTES),
    credit(STDERR, PROGRAM_OUTPUT_BYTES),
  ]);
  programs.write(2, Uint8Array.of(1, 2));
  programs.read(2, STDERR, 7);
  programs.stopReading(2, STDOUT);
  programs.signal(2, 15);
  programs.endInput(2);
  programs.endInput(2);
  programs.write(2, Uint8Array.of(3));
  expect(agent.take()).toEqual([
    [ToGuest.input, id, [1, 2]],
    credit(STDERR, 7),
    [ToGuest.close, id, [STDOUT]],
    [ToGuest.signal, id, [15]],
    [ToGuest.close, id, [STDIN]],
  ]);
  agent.send(FromGuest.accepted, 2, encodeNumbers(2));
  agent.send(FromGuest.output, 2, Uint8Array.of(104));
  agent.send(FromGuest.errors, 2, Uint8Array.of(105));
  agent.send(FromGuest.exit, 2, encodeNumbers(15));
  agent.send(FromGuest.output, 2, Uint8Array.of(106));
  expect(agent.events).toEqual([
    { type: "program-taken", program: 2, bytes: 2 },
    { type: "program-output", program: 2, descriptor: STDOUT, bytes: Uint8Array.of(104) },
    { type: "program-output", program: 2, descriptor: STDERR, bytes: Uint8Array.of(105) },
    { type: "program-exit", program: 2, status: 143 },
  ]);
  programs.signal(2, 9);
  expect(agent.take()).toEqual([]);
});

test("input waits for room, and its end for all of it", () => {
  const agent = new PlayedAgent();
  agent.programs.start(0, CAT);
  agent.take();
  const input = Uint8Array.from({ length: TERMINAL_INPUT_BYTES + 5000 }, (_, i) => i % 251);
  agent.programs.write(0, input);
  agent.programs.endInput(0);
  const sent = agent.take();
  expect(sent.every(([type]) => type === ToGuest.input)).toBe(true);
  expect(sent.flatMap(([, , bytes]) => bytes)).toEqual([
    ...input.subarray(0, TERMINAL_INPUT_BYTES),
  ]);
  expect(agent.programs.isIdle).toBe(false);
  agent.send(FromGuest.accepted, 0, encodeNumbers(5000));
  const rest = agent.take();
  expect(rest.slice(0, -1).flatMap(([, , bytes]) => bytes)).toEqual([
    ...input.subarray(TERMINAL_INPUT_BYTES),
  ]);
  expect(rest.at(-1)).toEqual([ToGuest.close, MAX_TERMINALS, [STDIN]]);
  expect(agent.programs.isIdle).toBe(true);
});

test("a number is free again when its program has ended", () => {
  const agent = new PlayedAgent();
  agent.programs.start(0, CAT);
  expect(() => agent.programs.start(0, CAT)).toThrow("Program 0 cannot be started");
  expect(() => agent.programs.start(MAX_PROGRAMS, CAT)).toThrow("cannot be started");
  agent.send(FromGuest.exit, 0, encodeNumbers(0));
  agent.programs.start(0, CAT);
  expect(agent.take().filter(([type]) => type === ToGuest.open)).toHaveLength(2);
});

test("a command that the agent cannot take is refused before anything of it is sent", () => {
  const agent = new PlayedAgent();
  const start = (argv: string[]) => () => agent.programs.start(0, { ...CAT, argv });
  expect(start(["x".repeat(AGENT_PAYLOAD_BYTES)])).toThrow("at most 65535 bytes in 1024 strings");
  expect(start(Array(AGENT_STRINGS).fill("a"))).toThrow("1026 strings; at most");
  expect(start(["a\0b"])).toThrow('"a\\u0000b" has a NUL character in it.');
  expect(agent.take()).toEqual([]);
});

test("a command is passed with every string as it is", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 30 }).map((s) => s.replaceAll("\0", ""));
  const command = fc.record({
    argv: fc.array(text, { minLength: 1, maxLength: 300 }),
    environment: fc.dictionary(
      text.map((s) => `v${s.replaceAll("=", "")}`),
      text,
      { maxKeys: 40 },
    ),
    directory: text,
  });
  fc.assert(
    fc.property(command, ({ argv, environment, directory }) => {
      const bytes = encodeProgram({ argv, environment, directory }, "pipes");
      const view = new DataView(bytes.buffer);
      const strings = new TextDecoder().decode(bytes.subarray(9)).split("\0");
      const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
      expect([bytes[4], view.getUint16(5, true), view.getUint16(7, true)]).toEqual([
        2,
        argv.length,
        variables.length,
      ]);
      expect(strings).toEqual([directory, ...argv, ...variables, ""]);
    }),
  );
});

test("a command from outside has the image's environment and its own, and no terminal", () => {
  const image = { shell: "/bin/bash", environment: { TERM: "xterm", LANG: "de", KIND: "image" } };
  const environment = { KIND: "mine" };
  expect(commandOf({ command: "ls | wc", environment }, image)).toEqual({
    argv: ["/bin/bash", "-c", "ls | wc"],
    environment: {
      HOME: "/root",
      USER: "root",
      LOGNAME: "root",
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      LANG: "de",
      TERM: "dumb",
      KIND: "mine",
      SHELL: "/bin/bash",
    },
    directory: "/root",
  });
  const there = commandOf({ command: ["ls"], directory: "/tmp", environment }, image);
  expect([there.argv, there.directory]).toEqual([["ls"], "/tmp"]);
});
