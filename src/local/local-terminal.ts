/** One terminal of a local computer: messages to and from the machine worker. */
import type { ToMachine } from "../../workers/machine/contract.ts";
import { TERMINAL_DRAWN_BYTES } from "../../workers/shared/limits.ts";
import type { TerminalSession } from "../computer.ts";

/** Sends a message to the machine worker. */
type Send = (message: ToMachine, transfer?: Transferable[]) => void;

export class LocalTerminal implements TerminalSession {
  onOutput: TerminalSession["onOutput"] = (_bytes, drawn) => drawn();
  onExit: TerminalSession["onExit"] = () => {};
  private readonly id: number;
  private readonly send: Send;
  private readonly encoder = new TextEncoder();
  /** Drawn bytes that the guest has not yet been told of. */
  private drawn = 0;
  private ended = false;

  constructor(id: number, send: Send) {
    this.id = id;
    this.send = send;
  }

  write(data: string | Uint8Array): void {
    if (this.ended) return;
    const bytes = typeof data === "string" ? this.encoder.encode(data) : data.slice();
    this.send({ type: "terminal-input", terminal: this.id, bytes }, [bytes.buffer]);
  }

  resize(rows: number, columns: number): void {
    if (!this.ended) this.send({ type: "terminal-resize", terminal: this.id, rows, columns });
  }

  close(): void {
    if (!this.ended) this.send({ type: "terminal-close", terminal: this.id });
  }

  /** Output from the worker. */
  receive(bytes: Uint8Array): void {
    this.onOutput(bytes, () => {
      this.drawn += bytes.length;
      if (this.ended || this.drawn < TERMINAL_DRAWN_BYTES) return;
      this.send({ type: "terminal-drawn", terminal: this.id, bytes: this.drawn });
      this.drawn = 0;
    });
  }

  /** The terminal's program has ended, or the machine has stopped under it. */
  end(status: number): void {
    if (this.ended) return;
    this.ended = true;
    this.onExit(status);
  }
}
