/** The machine's side of programs/contract.ts: turns requests into calls of a machine, and its events into reports. */
import type { Manifest } from "../../../images/format/manifest.ts";
import { toErrorMessage } from "../../shared/errors.ts";
import type { ProgramEvent } from "../agent/programs.ts";
import type { Machine } from "../machine.ts";
import { commandOf } from "../shell.ts";
import type { FromPrograms, ToPrograms } from "./contract.ts";

export class ProgramService {
  readonly #machine: Pick<Machine, "programs">;
  readonly #image: Pick<Manifest, "shell" | "environment">;
  readonly #post: (report: FromPrograms, transfer?: Transferable[]) => void;

  constructor(
    machine: Pick<Machine, "programs">,
    image: Pick<Manifest, "shell" | "environment">,
    post: (report: FromPrograms, transfer?: Transferable[]) => void,
  ) {
    this.#machine = machine;
    this.#image = image;
    this.#post = post;
  }

  /** Takes one request. Never throws: what cannot be started is reported. */
  handle(message: ToPrograms): void {
    const { programs } = this.#machine;
    const { program } = message;
    switch (message.type) {
      case "start":
        try {
          programs.start(program, commandOf(message.request, this.#image));
        } catch (error) {
          this.#post({ type: "failed", program, error: toErrorMessage(error, "invalid-input") });
        }
        break;
      case "write":
        programs.write(program, message.bytes);
        break;
      case "end-input":
        programs.endInput(program);
        break;
      case "read":
        programs.read(program, message.descriptor, message.bytes);
        break;
      case "stop-reading":
        programs.stopReading(program, message.descriptor);
        break;
      case "signal":
        programs.signal(program, message.signal);
        break;
    }
  }

  /** Tells what has become of a program. */
  report(event: ProgramEvent): void {
    const { program } = event;
    switch (event.type) {
      case "program-output": {
        const { descriptor, bytes } = event;
        this.#post({ type: "output", program, descriptor, bytes }, [bytes.buffer]);
        break;
      }
      case "program-taken":
        this.#post({ type: "taken", program, bytes: event.bytes });
        break;
      case "program-exit":
        this.#post({ type: "exit", program, status: event.status });
        break;
    }
  }
}
