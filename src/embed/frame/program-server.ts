/** Programs that the page around the frame runs on its machine, by the numbers that it gives them. */
import type {
  FromPrograms,
  OutputDescriptor,
  ToPrograms,
} from "../../../workers/machine/programs/contract.ts";
import { toErrorMessage } from "../../../workers/shared/errors.ts";
import { PROGRAM_WRITE_BYTES } from "../../../workers/shared/limits.ts";
import type { Computer, ProgramEnd, ProgramSession } from "../../computer.ts";

/** On Linux. */
const SIGKILL = 9;

interface Running {
  session: ProgramSession;
  /** Input that it has not taken. */
  underWay: number;
  /** Output that was sent and not read. */
  unread: Record<OutputDescriptor, number>;
}

export interface ProgramServerOptions {
  /** @throws TabnixError */
  start: Computer["startProgram"];
  send(about: FromPrograms): void;
}

export class ProgramServer {
  readonly #options: ProgramServerOptions;
  readonly #running = new Map<number, Running>();

  constructor(options: ProgramServerOptions) {
    this.#options = options;
  }

  /** What does not fit to what was before, as input beyond what may wait, changes nothing. */
  receive(about: ToPrograms): void {
    if (about.type === "start") {
      this.#start(about);
      return;
    }
    const program = this.#running.get(about.program);
    if (!program) return;
    const { session, unread } = program;
    switch (about.type) {
      case "write":
        this.#write(about.program, program, about.bytes);
        break;
      case "end-input":
        session.endInput();
        break;
      case "read":
        if (about.bytes > unread[about.descriptor]) break;
        unread[about.descriptor] -= about.bytes;
        session.read(about.descriptor, about.bytes);
        break;
      case "stop-reading":
        session.stopReading(about.descriptor);
        break;
      case "signal":
        session.signal(about.signal);
        break;
    }
  }

  /** Nobody is there who has started them. */
  end(): void {
    for (const { session } of this.#running.values()) {
      session.onOutput = (descriptor, bytes) => session.read(descriptor, bytes.length);
      session.onEnd = () => {};
      session.signal(SIGKILL);
    }
    this.#running.clear();
  }

  #start({ program, request }: Extract<ToPrograms, { type: "start" }>): void {
    if (this.#running.has(program)) return;
    const { start, send } = this.#options;
    let session: ProgramSession;
    try {
      session = start(request);
    } catch (error) {
      send({ program, type: "failed", error: toErrorMessage(error, "guest-failed") });
      return;
    }
    const running: Running = { session, underWay: 0, unread: { 1: 0, 2: 0 } };
    this.#running.set(program, running);
    session.onOutput = (descriptor, bytes) => {
      running.unread[descriptor] += bytes.length;
      send({ program, type: "output", descriptor, bytes });
    };
    session.onEnd = (how: ProgramEnd) => {
      this.#running.delete(program);
      if ("status" in how) send({ program, type: "exit", status: how.status });
      else send({ program, type: "failed", error: toErrorMessage(how.error, "guest-failed") });
    };
  }

  #write(id: number, program: Running, bytes: Uint8Array): void {
    if (program.underWay + bytes.length > PROGRAM_WRITE_BYTES) return;
    program.underWay += bytes.length;
    void program.session.write(bytes).then(() => {
      program.underWay -= bytes.length;
      // It may have ended, and its number be another's.
      if (this.#running.get(id) !== program) return;
      this.#options.send({ program: id, type: "taken", bytes: bytes.length });
    });
  }
}
