/** The programs with pipes that run on one machine, by their numbers. */
import type {
  FromPrograms,
  ProgramRequest,
  ToPrograms,
} from "../../workers/machine/programs/contract.ts";
import { TabnixError } from "../../workers/shared/errors.ts";
import { MAX_PROGRAMS } from "../../workers/shared/limits.ts";
import { LocalProgram } from "./local-program.ts";

export class LocalPrograms {
  readonly #send: (request: ToPrograms, transfer: Transferable[]) => void;
  readonly #programs = new Map<number, LocalProgram>();

  constructor(send: (request: ToPrograms, transfer: Transferable[]) => void) {
    this.#send = send;
  }

  /** @throws TabnixError `busy` when too many run */
  start(request: ProgramRequest): LocalProgram {
    let id = 0;
    while (this.#programs.has(id)) id++;
    if (id >= MAX_PROGRAMS) {
      throw new TabnixError(
        "busy",
        `${MAX_PROGRAMS} programs run already, and no more can at the same time.`,
        "Wait for one to end, or let a shell start several.",
      );
    }
    const program = new LocalProgram((action, transfer = []) =>
      this.#send({ program: id, ...action }, transfer),
    );
    this.#programs.set(id, program);
    this.#send({ program: id, type: "start", request }, []);
    return program;
  }

  receive(report: FromPrograms): void {
    const program = this.#programs.get(report.program);
    if (report.type === "exit" || report.type === "failed") this.#programs.delete(report.program);
    program?.receive(report);
  }

  /** The machine is gone, and all of them with it. */
  end(error: TabnixError): void {
    const programs = [...this.#programs.values()];
    this.#programs.clear();
    for (const program of programs) program.end({ error });
  }
}
