/** A program of a sandbox, as streams over a {@link ProgramSession}. */
import { type OutputDescriptor, STDERR, STDOUT } from "../../workers/machine/agent/protocol.ts";
import type { ProgramEnd, ProgramSession } from "../computer.ts";
import type { SandboxProcess } from "./contract.ts";
import { OutputQueue } from "./output-queue.ts";
import { type SignalName, signalNumber } from "./signals.ts";

export class Process implements SandboxProcess {
  readonly stdin: WritableStream<Uint8Array | string>;
  readonly exit: Promise<number>;
  readonly #session: ProgramSession;
  readonly #outputs: Record<OutputDescriptor, OutputQueue>;
  #resolve: (status: number) => void = () => {};
  #reject: (error: unknown) => void = () => {};

  /** @param signal ends it: it is killed, and everything of it fails with the signal's reason */
  constructor(session: ProgramSession, signal: AbortSignal) {
    this.#session = session;
    this.#outputs = {
      [STDOUT]: outputOf(session, STDOUT),
      [STDERR]: outputOf(session, STDERR),
    };
    this.exit = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Who does not ask is not told: it would end a process of Node.
    this.exit.catch(() => {});
    const encoder = new TextEncoder();
    this.stdin = new WritableStream({
      write: (piece) =>
        session.write(typeof piece === "string" ? encoder.encode(piece) : checked(piece)),
      close: () => session.endInput(),
      abort: () => session.endInput(),
    });
    const abandon = () => this.#abandon(signal.reason);
    session.onOutput = (descriptor, bytes) => this.#outputs[descriptor].push(bytes);
    session.onEnd = (how) => {
      signal.removeEventListener("abort", abandon);
      this.#end(how);
    };
    signal.addEventListener("abort", abandon, { once: true });
  }

  get stdout(): ReadableStream<Uint8Array> {
    return this.#outputs[STDOUT].stream;
  }

  get stderr(): ReadableStream<Uint8Array> {
    return this.#outputs[STDERR].stream;
  }

  kill(signal: SignalName = "SIGTERM"): void {
    this.#session.signal(signalNumber(signal));
  }

  /** Kills it and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.kill("SIGKILL");
    await Promise.allSettled([this.stdout.cancel(), this.stderr.cancel()]);
    await this.exit.catch(() => {});
  }

  #end(how: ProgramEnd): void {
    if ("status" in how) {
      for (const output of Object.values(this.#outputs)) output.end();
      this.#resolve(how.status);
    } else {
      this.#fail(how.error);
    }
  }

  /** Nobody waits for it any more; what it still says is thrown away. */
  #abandon(reason: unknown): void {
    this.kill("SIGKILL");
    this.#session.stopReading(STDOUT);
    this.#session.stopReading(STDERR);
    this.#fail(reason);
  }

  #fail(reason: unknown): void {
    for (const output of Object.values(this.#outputs)) output.fail(reason);
    this.#reject(reason);
  }
}

function outputOf(session: ProgramSession, descriptor: OutputDescriptor): OutputQueue {
  return new OutputQueue({
    onRead: (bytes) => session.read(descriptor, bytes),
    onCancel: () => session.stopReading(descriptor),
  });
}

function checked(piece: unknown): Uint8Array {
  if (piece instanceof Uint8Array) return piece;
  throw new TypeError("Standard input takes texts and Uint8Arrays.");
}
