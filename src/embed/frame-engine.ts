/** A machine in a frame of another origin, as a sandbox uses one. */

import type { ProgramRequest } from "../../workers/machine/programs/contract.ts";
import { fromErrorMessage, TabnixError } from "../../workers/shared/errors.ts";
import type { SandboxEngine } from "../api/engine.ts";
import type {
  ComputerEvents,
  ComputerState,
  ProgramSession,
  TerminalSession,
} from "../computer.ts";
import { Emitter } from "../emitter.ts";
import type { FileAccess } from "../file-access.ts";
import { LocalPrograms } from "../local/local-programs.ts";
import type { Exported, ExportOptions } from "../machine-transfer.ts";
import type { FrameEvent } from "./contract.ts";
import { FrameFiles } from "./frame-files.ts";
import { FrameLink } from "./frame-link.ts";
import { FrameServers } from "./frame-servers.ts";
import { FrameTerminals } from "./frame-terminals.ts";
import { OutputWindows } from "./output-windows.ts";

export class FrameEngine implements SandboxEngine {
  readonly files: FileAccess;
  readonly #link: FrameLink;
  readonly #programs: LocalPrograms;
  readonly #terminals: FrameTerminals;
  readonly #servers: FrameServers;
  readonly #windows = new OutputWindows();
  readonly #events = new Emitter<ComputerEvents>();
  readonly #onLost: () => void;
  #state: ComputerState = "stopped";
  #ports: readonly number[] = [];

  /**
   * @param port to a frame
   * @param onEvent told of what the frame says, when it is known here
   * @param onLost told of the end of the connection
   */
  constructor(port: MessagePort, onEvent: (event: FrameEvent) => void, onLost = () => {}) {
    this.#onLost = onLost;
    this.#link = new FrameLink(port, {
      onEvent: (event) => {
        this.#receive(event);
        onEvent(event);
      },
      onClose: () => this.lose(new TabnixError("closed", "The frame is gone.")),
    });
    this.files = new FrameFiles(this.#link);
    this.#terminals = new FrameTerminals((about) => this.#link.tell({ type: "terminal", about }));
    this.#servers = new FrameServers((about, transfer) =>
      this.#link.tell({ type: "server", about }, transfer),
    );
    this.#programs = new LocalPrograms((about, transfer) => {
      this.#windows.sent(about);
      this.#link.tell({ type: "program", about }, transfer);
    });
  }

  get state(): ComputerState {
    return this.#state;
  }

  get ports(): readonly number[] {
    return this.#ports;
  }

  on<K extends keyof ComputerEvents>(event: K, listener: (value: ComputerEvents[K]) => void): void {
    this.#events.on(event, listener);
  }

  async boot(): Promise<void> {
    await this.#link.call<"start">({ type: "start" });
  }

  startProgram(request: ProgramRequest): ProgramSession {
    return this.#programs.start(request);
  }

  openTerminal(size: { rows: number; columns: number }): TerminalSession {
    return this.#terminals.open(size);
  }

  async exportChanges({ signal }: ExportOptions = {}): Promise<Exported> {
    const content = await this.#link.call<"export">({ type: "export" }, signal);
    return { bytes: content.size, content };
  }

  /** Stops the machine; the frame offers to start another. */
  async close(): Promise<void> {
    await this.#link.call<"close">({ type: "close" }).catch(() => {});
    this.destroy();
  }

  destroy(): void {
    this.lose(new TabnixError("closed", "The connection to the frame is closed."));
  }

  /** The frame is gone, or was loaded anew. */
  lose(error: TabnixError): void {
    this.#link.lose(error);
    this.#onLost();
    this.#setState("stopped");
    this.#setPorts([]);
  }

  connectPreview(port: MessagePort): void {
    this.#servers.connect(port);
  }

  useRelay(): never {
    throw onlyInFrame("A machine in a frame has no network.");
  }

  joinNetwork(): never {
    throw onlyInFrame("A machine in a frame has no network.");
  }

  async inspectChanges(): Promise<never> {
    throw onlyInFrame("It begins as its set-up says.");
  }

  async importChanges(): Promise<never> {
    throw onlyInFrame("It begins as its set-up says.");
  }

  #receive(event: FrameEvent): void {
    switch (event.type) {
      case "welcome":
        this.#setState(event.state);
        this.#setPorts(event.ports);
        break;
      case "state":
        this.#setState(event.state);
        break;
      case "ports":
        this.#setPorts(event.ports);
        break;
      case "progress":
        this.#events.emit("progress", event.progress);
        break;
      case "notice":
        this.#events.emit("notice", fromErrorMessage(event.error));
        break;
      case "program":
        if (this.#windows.takes(event.about)) this.#programs.receive(event.about);
        break;
      case "terminal":
        this.#terminals.receive(event.about);
        break;
      case "server":
        this.#servers.receive(event.about);
        break;
      case "size":
      case "wrong-version":
      case "refused":
        break;
    }
  }

  #setState(state: ComputerState): void {
    if (state === this.#state) return;
    this.#state = state;
    if (state !== "running") {
      const stopped = new TabnixError("guest-failed", "The machine in the frame has stopped.");
      this.#programs.end(stopped);
      this.#terminals.end();
      this.#servers.end(stopped.message);
    }
    this.#events.emit("state", state);
  }

  #setPorts(ports: readonly number[]): void {
    if (ports.join() === this.#ports.join()) return;
    this.#ports = ports;
    this.#events.emit("ports", ports);
  }
}

function onlyInFrame(hint: string): TabnixError {
  return new TabnixError(
    "unsupported",
    "The machine is in a frame, where this cannot be had.",
    hint,
  );
}
