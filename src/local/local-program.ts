/** One program of a local computer: messages to and from the machine worker, its input paced. */
import type {
  FromPrograms,
  OutputDescriptor,
  ToPrograms,
} from "../../workers/machine/programs/contract.ts";
import { fromErrorMessage } from "../../workers/shared/errors.ts";
import { PROGRAM_READ_BYTES, PROGRAM_WRITE_BYTES } from "../../workers/shared/limits.ts";
import type { ProgramEnd, ProgramSession } from "../computer.ts";

/** One request, whichever program it is about. */
export type ProgramAction = ToPrograms extends infer One
  ? One extends unknown
    ? Omit<One, "program">
    : never
  : never;

export class LocalProgram implements ProgramSession {
  onOutput: ProgramSession["onOutput"] = (descriptor, bytes) => this.read(descriptor, bytes.length);
  onEnd: ProgramSession["onEnd"] = () => {};
  readonly #send: (action: ProgramAction, transfer?: Transferable[]) => void;
  /** Read bytes that the guest has not yet been told of. */
  readonly #read = { 1: 0, 2: 0 };
  /** Input that the machine worker has and the program may not. */
  #underWay = 0;
  #onTaken: () => void = () => {};
  #hasEnded = false;

  constructor(send: (action: ProgramAction, transfer?: Transferable[]) => void) {
    this.#send = send;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length && !this.#hasEnded; at += PROGRAM_WRITE_BYTES) {
      const piece = bytes.slice(at, at + PROGRAM_WRITE_BYTES);
      this.#underWay += piece.length;
      this.#send({ type: "write", bytes: piece }, [piece.buffer]);
      while (this.#underWay > 0 && !this.#hasEnded) {
        await new Promise<void>((resolve) => {
          this.#onTaken = resolve;
        });
      }
    }
  }

  endInput(): void {
    this.#tell({ type: "end-input" });
  }

  read(descriptor: OutputDescriptor, bytes: number): void {
    this.#read[descriptor] += bytes;
    if (this.#read[descriptor] < PROGRAM_READ_BYTES) return;
    this.#tell({ type: "read", descriptor, bytes: this.#read[descriptor] });
    this.#read[descriptor] = 0;
  }

  stopReading(descriptor: OutputDescriptor): void {
    this.#tell({ type: "stop-reading", descriptor });
  }

  signal(signal: number): void {
    this.#tell({ type: "signal", signal });
  }

  /** What the machine tells of it. */
  receive(report: FromPrograms): void {
    switch (report.type) {
      case "output":
        this.onOutput(report.descriptor, report.bytes);
        break;
      case "taken":
        this.#underWay = Math.max(0, this.#underWay - report.bytes);
        this.#onTaken();
        break;
      case "exit":
        this.end({ status: report.status });
        break;
      case "failed":
        this.end({ error: fromErrorMessage(report.error) });
        break;
    }
  }

  /** It has ended, or the machine has stopped under it. */
  end(how: ProgramEnd): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#onTaken();
    this.onEnd(how);
  }

  #tell(action: ProgramAction): void {
    if (!this.#hasEnded) this.#send(action);
  }
}
