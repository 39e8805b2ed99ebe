/** The host's end of the agent's port, against a guest that is written down here. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Agent, type AgentEvent } from "../../../workers/machine/agent/agent.ts";
import {
  encodeFrame,
  encodeNumbers,
  type Frame,
  FrameReader,
  FromGuest,
  ToGuest,
} from "../../../workers/machine/agent/protocol.ts";
import {
  AGENT_MESSAGE_BYTES,
  AGENT_MESSAGES_UNDER_WAY,
  MAX_LISTENING_PORTS,
  TERMINAL_INPUT_BYTES,
} from "../../../workers/shared/limits.ts";

const SIZE = { rows: 24, columns: 80 };
const SHELL = { argv: ["/bin/sh"], environment: { A: "b" }, directory: "/root", raw: false };

/** A guest that reads when it is told to. */
class ScriptedGuest {
  readonly events: AgentEvent[] = [];
  readonly agent = new Agent({ write: (bytes) => this.arrived(bytes) }, (event) =>
    this.events.push(event),
  );
  readonly frames: Frame[] = [];
  underWay = 0;
  mostUnderWay = 0;
  largest = 0;
  private readonly reader = new FrameReader();

  private arrived(bytes: Uint8Array): void {
    this.underWay += 1;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    this.largest = Math.max(this.largest, bytes.length);
    for (const { type, channel, payload } of this.reader.push(bytes)) {
      this.frames.push({ type, channel, payload: payload.slice() });
    }
  }

  /** Reads all messages that have come, and those that come for it. */
  read(): void {
    while (this.underWay > 0) {
      const count = this.underWay;
      this.underWay = 0;
      this.send(FromGuest.received, 0, Uint8Array.of(count));
    }
  }

  send(type: number, terminal: number, payload: Uint8Array): void {
    this.agent.receive(encodeFrame(type, terminal, payload));
  }

  /** Frames of a type since the last call. */
  take(type: number): Frame[] {
    return this.frames.splice(0).filter((frame) => frame.type === type);
  }
}

test("input of any size arrives whole and in order, as fast as it is read", () => {
  const guest = new ScriptedGuest();
  guest.agent.open(3, SHELL, SIZE);
  guest.read();
  guest.take(ToGuest.open);
  const typed = Uint8Array.from({ length: 100_000 }, (_, i) => i * 7);
  guest.agent.input(3, typed.slice(0, 10));
  guest.agent.input(3, typed.slice(10));
  const arrived: number[] = [];
  while (arrived.length < typed.length) {
    guest.read();
    const pieces = guest.take(ToGuest.input);
    const bytes = pieces.flatMap(({ payload }) => [...payload]);
    expect(bytes.length).toBeGreaterThan(0);
    expect(bytes.length).toBeLessThanOrEqual(TERMINAL_INPUT_BYTES);
    arrived.push(...bytes);
    expect(guest.agent.idle).toBe(arrived.length === typed.length);
    guest.send(FromGuest.accepted, 3, encodeNumbers(bytes.length));
  }
  expect(Uint8Array.from(arrived)).toEqual(typed);
  expect(guest.mostUnderWay).toBeLessThanOrEqual(AGENT_MESSAGES_UNDER_WAY);
  expect(guest.largest).toBeLessThanOrEqual(AGENT_MESSAGE_BYTES);
});

test("output and ends become events, with statuses as a shell has them", () => {
  const guest = new ScriptedGuest();
  guest.agent.open(0, SHELL, SIZE);
  guest.agent.open(1, SHELL, SIZE);
  guest.send(FromGuest.hello, 0, Uint8Array.of(7));
  guest.send(FromGuest.output, 0, Uint8Array.of(104, 105));
  guest.send(FromGuest.exit, 0, encodeNumbers(3 << 8));
  guest.send(FromGuest.exit, 1, encodeNumbers(9));
  guest.send(FromGuest.exit, 1, encodeNumbers(0));
  expect(guest.events).toEqual([
    { type: "hello", version: 7 },
    { type: "output", terminal: 0, bytes: Uint8Array.of(104, 105) },
    { type: "exit", terminal: 0, status: 3 },
    { type: "exit", terminal: 1, status: 137 },
  ]);
  // Their numbers are free again.
  guest.agent.open(0, SHELL, SIZE);
});

test("ports that are listened on are told in order, each once", () => {
  const guest = new ScriptedGuest();
  const payloads = [[], [80, 0, 22, 0], [144, 31, 0, 0, 80, 0, 144, 31, 1]];
  for (const payload of payloads) guest.send(FromGuest.ports, 0, Uint8Array.from(payload));
  guest.send(FromGuest.ports, 0, new Uint8Array(4 * MAX_LISTENING_PORTS).fill(1));
  const many = Uint8Array.from({ length: 1000 }, (_, i) => i);
  guest.send(FromGuest.ports, 0, many);
  const told = guest.events.map((event) => (event.type === "ports" ? event.ports : undefined));
  expect(told.slice(0, -1)).toEqual([[], [22, 80], [80, 8080], [257]]);
  expect(told.at(-1)).toHaveLength(MAX_LISTENING_PORTS);
});

test("a terminal is opened once, with a command that the agent can take", () => {
  const guest = new ScriptedGuest();
  guest.agent.open(0, SHELL, SIZE);
  expect(() => guest.agent.open(0, SHELL, SIZE)).toThrow("Terminal 0 cannot be opened");
  expect(() => guest.agent.open(16, SHELL, SIZE)).toThrow("Terminal 16 cannot be opened");
  const long = { ...SHELL, argv: ["/bin/echo", "x".repeat(70_000)] };
  expect(() => guest.agent.open(1, long, SIZE)).toThrow(/at most 65535 bytes/);
});

test("frames are read wherever the stream is cut", () => {
  const frame = fc.record({
    type: fc.nat(255),
    channel: fc.nat(255),
    payload: fc.uint8Array({ maxLength: 300 }),
  });
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 20 }), fc.array(fc.nat(50)), (frames, cuts) => {
      const bytes = Uint8Array.from(
        frames.flatMap(({ type, channel, payload }) => [...encodeFrame(type, channel, payload)]),
      );
      const reader = new FrameReader();
      const read: Frame[] = [];
      let at = 0;
      for (const cut of [...cuts, bytes.length]) {
        for (const { payload, ...rest } of reader.push(bytes.subarray(at, at + cut))) {
          read.push({ ...rest, payload: payload.slice() });
        }
        at += cut;
      }
      expect(read).toEqual(frames);
    }),
  );
});

test("whatever the guest sends, the host goes on", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 30 }), (pieces) => {
      const guest = new ScriptedGuest();
      guest.agent.open(0, SHELL, SIZE);
      for (const piece of pieces) guest.agent.receive(piece);
    }),
  );
  // An acknowledgement without its number acknowledges nothing, and stops nothing.
  const guest = new ScriptedGuest();
  guest.send(FromGuest.received, 0, new Uint8Array(0));
  guest.agent.ping();
  expect(guest.take(ToGuest.ping)).toHaveLength(1);
});
