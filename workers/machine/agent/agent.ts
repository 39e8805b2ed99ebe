/**
 * The guest's agent as the host sees it: terminals with flow control both ways, programs with pipes, what
 * must be set afresh after a restore, preparation of snapshots, and clean stops.
 */

import { TabnixError } from "../../shared/errors.ts";
import { MAX_TERMINALS, TERMINAL_OUTPUT_BYTES } from "../../shared/limits.ts";
import { AgentChannel, type PortWriter } from "./channel.ts";
import { PacedInput } from "./paced-input.ts";
import { AgentPrograms, type ProgramEvent } from "./programs.ts";
import {
  decodePorts,
  encodeCredit,
  encodeNumbers,
  encodeProgram,
  encodeSize,
  type Frame,
  FromGuest,
  numberOf,
  Power,
  type Program,
  Settle,
  STDOUT,
  shellStatus,
  ToGuest,
} from "./protocol.ts";

/** What the agent tells. */
export type AgentEvent =
  /** Its version of the protocol: another than {@link PROTOCOL_VERSION} cannot be talked to. */
  | { type: "hello"; version: number }
  | { type: "output"; terminal: number; bytes: Uint8Array }
  /** `status` as a shell gives it: the exit status, or 128 + the signal. */
  | { type: "exit"; terminal: number; status: number }
  | ProgramEvent
  /** Everything is flushed and every process has ended: the machine can be stopped. */
  | { type: "powering"; action: "reboot" | "power-off" }
  /** The TCP ports on which something in the guest listens, ascending: whenever they have changed. */
  | { type: "ports"; ports: number[] };

export class Agent {
  private readonly channel: AgentChannel;
  private readonly onEvent: (event: AgentEvent) => void;
  /** Input of terminals. */
  private readonly terminals = new Map<number, PacedInput>();
  readonly programs: AgentPrograms;
  private settled: (() => void)[] = [];

  constructor(port: PortWriter, onEvent: (event: AgentEvent) => void) {
    this.onEvent = onEvent;
    this.channel = new AgentChannel(port, (frame) => this.handle(frame));
    this.programs = new AgentPrograms(this.channel, onEvent);
  }

  /** True when no input is under way, as a snapshot needs it. */
  get idle(): boolean {
    const inputs = [...this.terminals.values()];
    return this.channel.idle && inputs.every((input) => input.isIdle) && this.programs.isIdle;
  }

  /** Bytes from the guest's port. */
  receive(bytes: Uint8Array): void {
    this.channel.receive(bytes);
  }

  /**
   * Starts a program on terminal `id`.
   *
   * @throws TabnixError `invalid-input` when the number is not free or the command is too long
   */
  open(id: number, program: Program, size: { rows: number; columns: number }): void {
    if (id < 0 || id >= MAX_TERMINALS || this.terminals.has(id)) {
      throw new TabnixError(
        "invalid-input",
        `Terminal ${id} cannot be opened: at most ${MAX_TERMINALS} can be, each once.`,
        "Close another terminal first.",
      );
    }
    const payload = encodeProgram(program, { ...size, raw: program.raw });
    this.adopt(id);
    this.channel.send(ToGuest.open, id, payload);
    this.drawn(id, TERMINAL_OUTPUT_BYTES);
  }

  /** Takes over a terminal that a snapshot holds open, its output window included. */
  adopt(id: number): void {
    const input = new PacedInput((bytes) => this.channel.send(ToGuest.input, id, bytes));
    this.terminals.set(id, input);
  }

  /** Queues input; any size. The agent gets as much as the terminal reads. */
  input(id: number, bytes: Uint8Array): void {
    this.terminals.get(id)?.write(bytes);
  }

  /** `bytes` more of output may be sent. */
  drawn(id: number, bytes: number): void {
    if (this.terminals.has(id)) this.channel.send(ToGuest.credit, id, encodeCredit(bytes, STDOUT));
  }

  resize(id: number, size: { rows: number; columns: number }): void {
    if (this.terminals.has(id)) {
      this.channel.send(ToGuest.resize, id, encodeSize(size.rows, size.columns));
    }
  }

  /** Hangs up. The exit event follows when the terminal's program has ended. */
  close(id: number): void {
    if (this.terminals.has(id)) this.channel.send(ToGuest.hangup, id, new Uint8Array(0));
  }

  /** Asks for a hello event. */
  ping(): void {
    this.channel.send(ToGuest.ping, 0, new Uint8Array(0));
  }

  /** Sets the guest's real-time clock; milliseconds since the epoch. */
  setClock(now: number): void {
    const seconds = Math.floor(now / 1000);
    const nanoseconds = Math.round((now - seconds * 1000) * 1e6);
    this.channel.send(ToGuest.clock, 0, encodeNumbers(seconds >>> 0, nanoseconds));
  }

  /** Adds to the guest's random pool and reseeds its generator at once; at most 256 bytes count. */
  addEntropy(bytes: Uint8Array): void {
    this.channel.send(ToGuest.entropy, 0, bytes);
  }

  setHostname(name: string): void {
    this.channel.send(ToGuest.hostname, 0, new TextEncoder().encode(name));
  }

  /** Six bytes: the MAC of eth0, which is brought up and asks the network for an address. */
  setHardwareAddress(address: Uint8Array): void {
    this.channel.send(ToGuest.hardwareAddress, 0, address);
  }

  /** Writes the guest's caches out; optionally forgets them and zeroes free memory. */
  settle(options: { dropCaches: boolean; scrubMemory: boolean }): Promise<void> {
    const flags =
      (options.dropCaches ? Settle.dropCaches : 0) | (options.scrubMemory ? Settle.scrubMemory : 0);
    this.channel.send(ToGuest.settle, 0, new Uint8Array([flags]));
    return new Promise((resolve) => {
      this.settled.push(resolve);
    });
  }

  /** Asks for a clean stop; a powering event follows. */
  power(action: "reboot" | "power-off"): void {
    const code = action === "reboot" ? Power.reboot : Power.powerOff;
    this.channel.send(ToGuest.power, 0, new Uint8Array([code]));
  }

  private handle(frame: Frame): void {
    const { type, channel, payload } = frame;
    if (channel >= MAX_TERMINALS) {
      this.programs.receive(frame);
      return;
    }
    switch (type) {
      case FromGuest.hello:
        this.onEvent({ type: "hello", version: payload[0] ?? 0 });
        break;
      case FromGuest.output:
        this.onEvent({ type: "output", terminal: channel, bytes: payload.slice() });
        break;
      case FromGuest.accepted:
        this.terminals.get(channel)?.accepted(numberOf(payload));
        break;
      case FromGuest.exit:
        if (!this.terminals.delete(channel)) break;
        this.onEvent({ type: "exit", terminal: channel, status: shellStatus(numberOf(payload)) });
        break;
      case FromGuest.settled:
        this.settled.shift()?.();
        break;
      case FromGuest.powering:
        this.onEvent({
          type: "powering",
          action: payload[0] === Power.reboot ? "reboot" : "power-off",
        });
        break;
      case FromGuest.ports:
        this.onEvent({ type: "ports", ports: decodePorts(payload) });
        break;
    }
  }
}
