/**
 * The guest's agent as the host sees it: terminals with flow control both ways, what must be set
 * afresh after a restore, preparation of snapshots, and clean stops.
 */

import { TabnixError } from "../../shared/errors.ts";
import { MAX_TERMINALS, TERMINAL_INPUT_BYTES, TERMINAL_OUTPUT_BYTES } from "../../shared/limits.ts";
import { AgentChannel, type PortWriter } from "./channel.ts";
import {
  decodePorts,
  encodeNumbers,
  encodeProgram,
  encodeSize,
  type Frame,
  FromGuest,
  Power,
  type Program,
  Settle,
  ToGuest,
} from "./protocol.ts";

/** What the agent tells. */
export type AgentEvent =
  /** Its version of the protocol: another than {@link PROTOCOL_VERSION} cannot be talked to. */
  | { type: "hello"; version: number }
  | { type: "output"; terminal: number; bytes: Uint8Array }
  /** `status` as a shell gives it: the exit status, or 128 + the signal. */
  | { type: "exit"; terminal: number; status: number }
  /** Everything is flushed and every process has ended: the machine can be stopped. */
  | { type: "powering"; action: "reboot" | "power-off" }
  /** The TCP ports on which something in the guest listens, ascending: whenever they have changed. */
  | { type: "ports"; ports: number[] };

/** Input of one terminal that the agent has not yet accepted. */
interface Terminal {
  /** Bytes the agent has room for. */
  window: number;
  waiting: Uint8Array[];
}

export class Agent {
  private readonly channel: AgentChannel;
  private readonly onEvent: (event: AgentEvent) => void;
  private readonly terminals = new Map<number, Terminal>();
  private settled: (() => void)[] = [];

  constructor(port: PortWriter, onEvent: (event: AgentEvent) => void) {
    this.onEvent = onEvent;
    this.channel = new AgentChannel(port, (frame) => this.handle(frame));
  }

  /** True when no input is under way, as a snapshot needs it. */
  get idle(): boolean {
    return this.channel.idle && [...this.terminals.values()].every((t) => t.waiting.length === 0);
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
    let payload: Uint8Array;
    try {
      payload = encodeProgram(program, size.rows, size.columns);
    } catch (error) {
      throw new TabnixError(
        "invalid-input",
        (error as Error).message,
        "Shorten the command.",
        error,
      );
    }
    this.adopt(id);
    this.channel.send(ToGuest.open, id, payload);
    this.drawn(id, TERMINAL_OUTPUT_BYTES);
  }

  /** Takes over a terminal that a snapshot holds open, its output window included. */
  adopt(id: number): void {
    this.terminals.set(id, { window: TERMINAL_INPUT_BYTES, waiting: [] });
  }

  /** Queues input; any size. The agent gets as much as the terminal reads. */
  input(id: number, bytes: Uint8Array): void {
    const terminal = this.terminals.get(id);
    if (!terminal || bytes.length === 0) return;
    terminal.waiting.push(bytes);
    this.pump(id, terminal);
  }

  /** `bytes` more of output may be sent. */
  drawn(id: number, bytes: number): void {
    if (this.terminals.has(id)) this.channel.send(ToGuest.credit, id, encodeNumbers(bytes));
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

  private pump(id: number, terminal: Terminal): void {
    while (terminal.window > 0 && terminal.waiting.length > 0) {
      const first = terminal.waiting[0]!;
      const take = Math.min(first.length, terminal.window, TERMINAL_INPUT_BYTES / 4);
      this.channel.send(ToGuest.input, id, first.subarray(0, take));
      terminal.window -= take;
      if (take === first.length) terminal.waiting.shift();
      else terminal.waiting[0] = first.subarray(take);
    }
  }

  private handle({ type, terminal: id, payload }: Frame): void {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    switch (type) {
      case FromGuest.hello:
        this.onEvent({ type: "hello", version: payload[0] ?? 0 });
        break;
      case FromGuest.output:
        this.onEvent({ type: "output", terminal: id, bytes: payload.slice() });
        break;
      case FromGuest.accepted: {
        const terminal = this.terminals.get(id);
        if (terminal && payload.length >= 4) {
          terminal.window += view.getUint32(0, true);
          this.pump(id, terminal);
        }
        break;
      }
      case FromGuest.exit:
        if (this.terminals.delete(id) && payload.length >= 4) {
          this.onEvent({
            type: "exit",
            terminal: id,
            status: shellStatus(view.getUint32(0, true)),
          });
        }
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

/** A status of wait(2) as a shell's $? shows it. */
function shellStatus(status: number): number {
  const signal = status & 0x7f;
  return signal === 0 ? (status >> 8) & 0xff : 128 + signal;
}
