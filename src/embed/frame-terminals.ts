/** Terminals on a frame's machine: sessions as of a local one, whose messages go through the connection. */
import { TabnixError } from "../../workers/shared/errors.ts";
import { MAX_TERMINALS, TERMINAL_OUTPUT_BYTES } from "../../workers/shared/limits.ts";
import type { TerminalSession } from "../computer.ts";
import { LocalTerminal } from "../local/local-terminal.ts";
import type { FromTerminals, ToTerminals } from "./contract.ts";

/** As a shell that was hung up. */
const HUNG_UP = 129;

interface Open {
  terminal: LocalTerminal;
  /** Output that the frame was not told to be drawn. */
  undrawn: number;
}

export class FrameTerminals {
  readonly #send: (about: ToTerminals) => void;
  readonly #open = new Map<number, Open>();

  constructor(send: (about: ToTerminals) => void) {
    this.#send = send;
  }

  /** @throws TabnixError `busy` when too many are open */
  open({ rows, columns }: { rows: number; columns: number }): TerminalSession {
    const numbers = Array.from({ length: MAX_TERMINALS }, (_, number) => number);
    const number = numbers.find((one) => !this.#open.has(one));
    if (number === undefined) {
      throw new TabnixError("busy", "Too many terminals are open.", "Close one first.");
    }
    const terminal = new LocalTerminal(number, (message) => {
      if (!("terminal" in message)) return;
      if (message.type === "terminal-drawn") open.undrawn -= message.bytes;
      this.#send(message);
    });
    const open: Open = { terminal, undrawn: 0 };
    this.#open.set(number, open);
    this.#send({ type: "terminal-open", terminal: number, rows, columns });
    return terminal;
  }

  /** What the frame tells. More output than a terminal may be ahead is as if it had not come. */
  receive(about: FromTerminals): void {
    const open = this.#open.get(about.terminal);
    if (!open) return;
    if (about.type === "terminal-exit") {
      this.#open.delete(about.terminal);
      open.terminal.end(about.status);
      return;
    }
    if (open.undrawn + about.bytes.length > TERMINAL_OUTPUT_BYTES) return;
    open.undrawn += about.bytes.length;
    open.terminal.receive(about.bytes);
  }

  /** The machine has stopped under them. */
  end(): void {
    const open = [...this.#open.values()];
    this.#open.clear();
    for (const { terminal } of open) terminal.end(HUNG_UP);
  }
}
