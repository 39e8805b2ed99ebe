/** Programs with pipes, through the guest's agent: each leads a process group of its own. */
import { TabnixError } from "../../shared/errors.ts";
import { MAX_PROGRAMS, MAX_TERMINALS, PROGRAM_OUTPUT_BYTES } from "../../shared/limits.ts";
import type { AgentChannel } from "./channel.ts";
import { PacedInput } from "./paced-input.ts";
import {
  type Command,
  encodeCredit,
  encodeProgram,
  type Frame,
  FromGuest,
  numberOf,
  type OutputDescriptor,
  STDERR,
  STDIN,
  STDOUT,
  shellStatus,
  ToGuest,
} from "./protocol.ts";

/** What becomes of a program. */
export type ProgramEvent = { program: number } & (
  | { type: "program-output"; descriptor: OutputDescriptor; bytes: Uint8Array }
  /** So many bytes of its input are on their way to it, or nobody reads them any more. */
  | { type: "program-taken"; bytes: number }
  /** `status` as a shell gives it: the exit status, or 128 + the signal. */
  | { type: "program-exit"; status: number }
);

export class AgentPrograms {
  readonly #channel: AgentChannel;
  readonly #onEvent: (event: ProgramEvent) => void;
  readonly #inputs = new Map<number, PacedInput>();

  constructor(channel: AgentChannel, onEvent: (event: ProgramEvent) => void) {
    this.#channel = channel;
    this.#onEvent = onEvent;
  }

  /** True when no input is under way. */
  get isIdle(): boolean {
    return [...this.#inputs.values()].every((input) => input.isIdle);
  }

  /**
   * Starts program `id`.
   *
   * @throws TabnixError `invalid-input` when the number is not free or the command is too long
   */
  start(id: number, command: Command): void {
    if (id < 0 || id >= MAX_PROGRAMS || this.#inputs.has(id)) {
      throw new TabnixError(
        "invalid-input",
        `Program ${id} cannot be started: at most ${MAX_PROGRAMS} can be, each once.`,
        "Wait until another one has ended.",
      );
    }
    const payload = encodeProgram(command, "pipes");
    const input = new PacedInput(
      (bytes) => this.#send(ToGuest.input, id, bytes),
      () => this.#send(ToGuest.close, id, Uint8Array.of(STDIN)),
    );
    this.#inputs.set(id, input);
    this.#send(ToGuest.open, id, payload);
    this.read(id, STDOUT, PROGRAM_OUTPUT_BYTES);
    this.read(id, STDERR, PROGRAM_OUTPUT_BYTES);
  }

  /** Queues input; `program-taken` events tell of it. */
  write(id: number, bytes: Uint8Array): void {
    this.#inputs.get(id)?.write(bytes);
  }

  /** Ends the input behind what was written. */
  endInput(id: number): void {
    this.#inputs.get(id)?.end();
  }

  /** The program may write so many bytes more. */
  read(id: number, descriptor: OutputDescriptor, bytes: number): void {
    this.#send(ToGuest.credit, id, encodeCredit(bytes, descriptor));
  }

  /** Nobody reads this output any more: the program gets SIGPIPE when it writes. */
  stopReading(id: number, descriptor: OutputDescriptor): void {
    this.#send(ToGuest.close, id, Uint8Array.of(descriptor));
  }

  /** Sends a signal, by its number, to the program's process group. */
  signal(id: number, signal: number): void {
    this.#send(ToGuest.signal, id, Uint8Array.of(signal));
  }

  /** A frame of a channel behind those of terminals. */
  receive({ type, channel, payload }: Frame): void {
    const program = channel - MAX_TERMINALS;
    const input = this.#inputs.get(program);
    if (!input) return;
    switch (type) {
      case FromGuest.output:
      case FromGuest.errors: {
        const descriptor = type === FromGuest.output ? STDOUT : STDERR;
        this.#onEvent({ type: "program-output", program, descriptor, bytes: payload.slice() });
        break;
      }
      case FromGuest.accepted: {
        const bytes = numberOf(payload);
        this.#onEvent({ type: "program-taken", program, bytes });
        input.accepted(bytes);
        break;
      }
      case FromGuest.exit:
        this.#inputs.delete(program);
        this.#onEvent({ type: "program-exit", program, status: shellStatus(numberOf(payload)) });
        break;
    }
  }

  #send(type: number, id: number, payload: Uint8Array): void {
    if (this.#inputs.has(id)) this.#channel.send(type, MAX_TERMINALS + id, payload);
  }
}
