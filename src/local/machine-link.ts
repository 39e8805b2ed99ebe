/** The machine worker as the page holds it, and the terminals that are open on its guest. */
import type { Manifest } from "../../images/format/manifest.ts";
import type { NinepLink } from "../../workers/kernel/contract.ts";
import type {
  FromMachine,
  MachineStage,
  MachineStatistics,
  ToMachine,
} from "../../workers/machine/contract.ts";
import type { ProgramRequest } from "../../workers/machine/programs/contract.ts";
import { fromErrorMessage, TabnixError } from "../../workers/shared/errors.ts";
import { MAX_TERMINALS } from "../../workers/shared/limits.ts";
import type { StoreLocation } from "../../workers/shared/store.ts";
import type { ProgramSession, TerminalSession } from "../computer.ts";
import type { ComputerHost, WorkerPort } from "./computer-host.ts";
import { machineGone } from "./failures.ts";
import { LocalPrograms } from "./local-programs.ts";
import { LocalTerminal } from "./local-terminal.ts";
import { workerFailure } from "./worker-failure.ts";

/** As a shell reports a process that was hung up: 128 + SIGHUP. */
const HUNG_UP = 129;

/** Why a machine has stopped. */
export type StopReason = Extract<FromMachine, { type: "stopped" }>["reason"];

export interface MachineHandlers {
  onProgress(stage: MachineStage, loaded: number, total: number): void;
  /** The guest answers: terminals can be opened. */
  onReady(): void;
  /** Kernel messages. */
  onLog(text: string): void;
  /** TCP ports on which servers in the guest listen: all of them, each time that changes. */
  onPorts(ports: number[]): void;
  onStopped(reason: StopReason): void;
  /** The worker cannot go on. */
  onFailure(error: TabnixError): void;
}

export class MachineLink {
  readonly #worker: WorkerPort;
  readonly #host: ComputerHost;
  readonly #handlers: MachineHandlers;
  readonly #terminals = new Map<number, LocalTerminal>();
  readonly #programs = new LocalPrograms((request, transfer) =>
    this.#post({ type: "programs", request }, transfer),
  );
  readonly #waiting: ((statistics: MachineStatistics) => void)[] = [];
  readonly #syncing: (() => void)[] = [];

  constructor(host: ComputerHost, handlers: MachineHandlers) {
    this.#host = host;
    this.#handlers = handlers;
    this.#worker = host.startMachine();
    this.#worker.onmessage = ({ data }: MessageEvent<FromMachine>) => this.#receive(data);
    this.#worker.onerror = (event) => handlers.onFailure(workerFailure("machine", event));
  }

  boot(options: {
    location: StoreLocation;
    manifest: Manifest;
    fromSnapshot: boolean;
    hostname: string;
    environment?: Readonly<Record<string, string>>;
    kernel: NinepLink;
  }): void {
    const { engine } = this.#host;
    this.#post({ type: "boot", engine, ...options }, [options.kernel.port, options.kernel.frames]);
  }

  /** @throws TabnixError `invalid-input` when too many are open */
  openTerminal(size: { rows: number; columns: number }): TerminalSession {
    let id = 0;
    while (this.#terminals.has(id)) id++;
    if (id >= MAX_TERMINALS) {
      throw new TabnixError(
        "invalid-input",
        `At most ${MAX_TERMINALS} terminals can be open.`,
        "Close one first.",
      );
    }
    const terminal = new LocalTerminal(id, (message, transfer) => this.#post(message, transfer));
    this.#terminals.set(id, terminal);
    this.#post({ type: "terminal-open", terminal: id, ...size });
    return terminal;
  }

  /** @throws TabnixError `busy` when too many run */
  startProgram(request: ProgramRequest): ProgramSession {
    return this.#programs.start(request);
  }

  power(action: "reboot" | "power-off"): void {
    this.#post({ type: "power", action });
  }

  /**
   * Done when the guest has written out what it holds back, or is gone.
   *
   * @param forget and has forgotten what it caches
   */
  sync(forget = false): Promise<void> {
    return new Promise((resolve) => {
      this.#syncing.push(resolve);
      this.#post({ type: "sync", forget });
    });
  }

  statistics(): Promise<MachineStatistics> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#post({ type: "statistics" });
    });
  }

  /** Ends the worker at once; its terminals hang up. */
  terminate(): void {
    this.#worker.terminate();
    for (const id of [...this.#terminals.keys()]) this.#endTerminal(id, HUNG_UP);
    this.#programs.end(machineGone());
    for (const done of this.#syncing.splice(0)) done();
  }

  #post(message: ToMachine, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  #receive(message: FromMachine): void {
    switch (message.type) {
      case "progress":
        this.#handlers.onProgress(message.stage, message.loaded, message.total);
        break;
      case "ready":
        this.#handlers.onReady();
        break;
      case "failed":
        this.#handlers.onFailure(fromErrorMessage(message.error));
        break;
      case "log":
        this.#handlers.onLog(message.text);
        break;
      case "terminal-output":
        this.#terminals.get(message.terminal)?.receive(message.bytes);
        break;
      case "programs":
        this.#programs.receive(message.report);
        break;
      case "terminal-exit":
        this.#endTerminal(message.terminal, message.status);
        break;
      case "stopped":
        this.#handlers.onStopped(message.reason);
        break;
      case "ports":
        this.#handlers.onPorts(message.ports);
        break;
      case "synced":
        this.#syncing.shift()?.();
        break;
      case "statistics":
        this.#waiting.shift()?.(message.statistics);
        break;
    }
  }

  #endTerminal(id: number, status: number): void {
    const terminal = this.#terminals.get(id);
    this.#terminals.delete(id);
    terminal?.end(status);
  }
}
