/** A program that does what a test says. */
import type { ProgramEnd, ProgramSession } from "../../../src/computer.ts";

export class PlayedSession implements ProgramSession {
  onOutput: ProgramSession["onOutput"] = () => {};
  onEnd: ProgramSession["onEnd"] = () => {};
  /** What was asked of it, in order. */
  readonly asked: unknown[] = [];
  /** Lets go of writes. */
  take: () => void = () => {};

  write(bytes: Uint8Array): Promise<void> {
    this.asked.push(["write", new TextDecoder().decode(bytes)]);
    return new Promise((resolve) => {
      this.take = resolve;
    });
  }

  endInput(): void {
    this.asked.push(["end-input"]);
  }

  read(descriptor: number, bytes: number): void {
    this.asked.push(["read", descriptor, bytes]);
  }

  stopReading(descriptor: number): void {
    this.asked.push(["stop-reading", descriptor]);
  }

  signal(signal: number): void {
    this.asked.push(["signal", signal]);
  }

  say(descriptor: 1 | 2, text: string): void {
    this.onOutput(descriptor, new TextEncoder().encode(text));
  }

  end(how: ProgramEnd): void {
    this.onEnd(how);
  }
}
