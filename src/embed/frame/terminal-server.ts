/** Terminals that the page around the frame shows of its machine, by the numbers that it gives them. */
import { TabnixError } from "../../../workers/shared/errors.ts";
import type { Computer, TerminalSession } from "../../computer.ts";
import type { FromTerminals, ToTerminals } from "../contract.ts";

/** Of a terminal that could not be opened. */
const FAILED = 1;

/** A piece of output that is on its way to a screen. */
interface Piece {
  left: number;
  drawn(): void;
}

interface Open {
  session: TerminalSession;
  /** Oldest first. */
  undrawn: Piece[];
}

export interface TerminalServerOptions {
  /** @throws TabnixError */
  open: Computer["openTerminal"];
  send(about: FromTerminals): void;
}

export class TerminalServer {
  readonly #options: TerminalServerOptions;
  readonly #open = new Map<number, Open>();

  constructor(options: TerminalServerOptions) {
    this.#options = options;
  }

  /** What does not fit to what was before changes nothing. */
  receive(about: ToTerminals): void {
    if (about.type === "terminal-open") {
      this.#start(about);
      return;
    }
    const open = this.#open.get(about.terminal);
    if (!open) return;
    switch (about.type) {
      case "terminal-input":
        open.session.write(about.bytes);
        break;
      case "terminal-resize":
        open.session.resize(about.rows, about.columns);
        break;
      case "terminal-drawn":
        draw(open.undrawn, about.bytes);
        break;
      case "terminal-close":
        open.session.close();
        break;
    }
  }

  /** Nobody is there who shows them. */
  end(): void {
    for (const { session, undrawn } of this.#open.values()) {
      session.onOutput = (_bytes, drawn) => drawn();
      session.onExit = () => {};
      for (const { drawn } of undrawn) drawn();
      session.close();
    }
    this.#open.clear();
  }

  #start({ terminal, rows, columns }: Extract<ToTerminals, { type: "terminal-open" }>): void {
    if (this.#open.has(terminal)) return;
    const { open, send } = this.#options;
    let session: TerminalSession;
    try {
      session = open({ rows, columns });
    } catch (error) {
      const reason = error instanceof TabnixError ? error.message : String(error);
      const bytes = new TextEncoder().encode(`tabnix: ${reason}\r\n`);
      send({ type: "terminal-output", terminal, bytes });
      send({ type: "terminal-exit", terminal, status: FAILED });
      return;
    }
    const undrawn: Piece[] = [];
    this.#open.set(terminal, { session, undrawn });
    session.onOutput = (bytes, drawn) => {
      undrawn.push({ left: bytes.length, drawn });
      send({ type: "terminal-output", terminal, bytes });
    };
    session.onExit = (status) => {
      this.#open.delete(terminal);
      send({ type: "terminal-exit", terminal, status });
    };
  }
}

/** The screen has drawn so many bytes, or says so: no more than it was sent. */
function draw(undrawn: Piece[], bytes: number): void {
  let left = bytes;
  for (let piece = undrawn[0]; piece && left > 0; piece = undrawn[0]) {
    const part = Math.min(left, piece.left);
    left -= part;
    piece.left -= part;
    if (piece.left > 0) break;
    undrawn.shift();
    piece.drawn();
  }
}
