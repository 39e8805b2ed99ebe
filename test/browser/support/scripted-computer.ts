import type {
  Computer,
  ComputerEvents,
  ComputerOptions,
  ComputerState,
  ComputerStatistics,
  TerminalSession,
} from "../../../src/computer.ts";
import { Emitter } from "../../../src/emitter.ts";
import { FileCalls } from "../../../src/local/file-calls.ts";
import { LocalFiles } from "../../../src/local/local-files.ts";
import { FileService } from "../../../workers/kernel/files/file-service.ts";
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import { makeDirectories } from "../../../workers/kernel/filesystem/paths.ts";
import { type ErrorCode, TabnixError } from "../../../workers/shared/errors.ts";

/** States of a computer that a real one reaches only by accident, one after the other. */
export interface Script {
  /** Stays in this stage for ever. */
  hold?: "download" | "boot";
  /** Fails with this code before the prompt, unless the start is a cold one. */
  fail?: ErrorCode;
  /** Gives this many terminals and no more. */
  terminals?: number;
}

const MESSAGES = 30;
const PROMPT = "$ ";

/**
 * A computer that plays a script, for what the page shows around the terminal. Its shell knows no
 * programs: it prints each piece of input as JSON, so that a test sees the very bytes. A line feeds
 * a few commands: `exit N`, `bell`, `title T`, `notice`, `panic`, `ports N N …`.
 */
export class ScriptedComputer implements Computer {
  state: ComputerState = "booting";
  /** Real ones, in memory: an empty home, and nothing else. */
  readonly files = scriptedFiles();
  readonly options: ComputerOptions;
  /** What it was told of the network, in order. */
  readonly network: unknown[] = [];
  readonly #script: Script;
  readonly #events = new Emitter<ComputerEvents>();
  ports: readonly number[] = [];
  #open = 0;

  constructor(options: ComputerOptions, script: Script) {
    this.options = options;
    this.#script = script;
  }

  on<K extends keyof ComputerEvents>(event: K, listener: (value: ComputerEvents[K]) => void): void {
    this.#events.on(event, listener);
  }

  async boot(): Promise<void> {
    const { hold, fail } = this.#script;
    const coldBoot = this.options.coldBoot === true;
    this.#events.emit("progress", {
      stage: "download",
      loaded: 1_430_000,
      total: 3_900_000,
      coldBoot,
    });
    if (hold === "download") await new Promise(() => undefined);
    if (coldBoot || hold === "boot") {
      this.#events.emit("progress", { stage: "boot", loaded: 0, total: 0, coldBoot: true });
      for (let i = 0; i < MESSAGES; i += 1) {
        this.#events.emit(
          "log",
          `[    0.${String(i).padStart(6, "0")}] scripted kernel message ${i}\n`,
        );
      }
    }
    if (hold === "boot") await new Promise(() => undefined);
    if (fail !== undefined && !coldBoot) {
      this.#become("failed");
      throw new TabnixError(
        fail,
        "The snapshot does not match its hash.",
        "Try again; if it stays, start without the snapshot.",
      );
    }
    this.#become("running");
  }

  openTerminal(): TerminalSession {
    if (this.#open >= (this.#script.terminals ?? Number.POSITIVE_INFINITY)) {
      throw new TabnixError("guest-failed", "The machine gives no more terminals.", "Close one.");
    }
    this.#open += 1;
    return new ScriptedSession((command) => this.#run(command));
  }

  startProgram(): never {
    throw new TabnixError("unsupported", "A scripted machine runs no programs.");
  }

  async statistics(): Promise<ComputerStatistics> {
    return {
      memoryBytes: 128 * 2 ** 20,
      fetchedBytes: 3_900_000,
      overlayBytes: 52_000,
      capacityBytes: 1_000_000_000,
      isUnsaved: false,
      storage: "memory",
    };
  }

  async reboot(): Promise<void> {
    this.#become("booting");
    this.#become("running");
  }

  async powerOff(): Promise<void> {
    this.#become("stopped");
  }

  async save(): Promise<void> {}

  async exportChanges(): Promise<never> {
    throw new TabnixError("unsupported", "A scripted machine has no image.");
  }

  exportMachine = this.exportChanges;
  inspectChanges = this.exportChanges;
  importChanges = this.exportChanges;

  connectPreview(port: MessagePort): void {
    port.close();
  }

  readonly imageRelay = undefined;

  useRelay(relay: unknown): void {
    this.network.push({ relay });
  }

  joinNetwork(lan: unknown): void {
    this.network.push({ lan });
  }

  share(port: number): void {
    const server = { name: "demo", address: "http://demo.relay.example/" };
    this.#events.emit("network", { type: "share", port, state: { state: "online", server } });
  }

  unshare(port: number): void {
    this.#events.emit("network", { type: "share", port, state: { state: "idle" } });
  }

  async close(): Promise<void> {
    this.destroy();
  }

  destroy(): void {
    this.state = "stopped";
  }

  #run(command: string): void {
    if (command === "notice") {
      this.#events.emit(
        "notice",
        new TabnixError(
          "corrupt",
          "/usr/bin/less is damaged.",
          "Reload the page to fetch it anew.",
        ),
      );
    } else if (command.startsWith("ports")) {
      this.ports = command.split(" ").slice(1).map(Number);
      this.#events.emit("ports", this.ports);
    } else if (command === "panic") {
      this.#events.emit("log", "Kernel panic - not syncing: scripted\n");
      this.#become("failed");
    }
  }

  #become(state: ComputerState): void {
    this.state = state;
    this.#events.emit("state", state);
  }
}

class ScriptedSession implements TerminalSession {
  onExit: (status: number) => void = () => undefined;
  readonly #run: (command: string) => void;
  #line = "";
  #isClosed = false;

  constructor(run: (command: string) => void) {
    this.#run = run;
    queueMicrotask(() => this.#print(PROMPT));
  }

  onOutput: (bytes: Uint8Array, drawn: () => void) => void = () => undefined;

  write(data: string | Uint8Array): void {
    const text = typeof data === "string" ? data : new TextDecoder().decode(data);
    this.#print(`${JSON.stringify(text).replaceAll("\x7f", "\\u007f")} `);
    this.#line += text;
    if (!text.endsWith("\r")) return;
    const command = this.#line.slice(0, -1);
    this.#line = "";
    this.#print(`\r\n${PROMPT}`);
    if (command === "bell") this.#print("\x07");
    else if (command.startsWith("title ")) this.#print(`\x1b]0;${command.slice(6)}\x07`);
    else if (command.startsWith("exit ")) this.onExit(Number(command.slice(5)));
    else this.#run(command);
  }

  resize(rows: number, columns: number): void {
    this.#print(`<${rows} rows, ${columns} columns> `);
  }

  close(): void {
    this.#isClosed = true;
  }

  #print(text: string): void {
    if (!this.#isClosed) this.onOutput(new TextEncoder().encode(text), () => undefined);
  }
}

function scriptedFiles(): LocalFiles {
  const fs = new FileSystem();
  makeDirectories(fs, "/root");
  const service = new FileService(fs);
  const calls = new FileCalls((request) => {
    void service.handle(request).then((reply) => calls.receive(reply));
  });
  return new LocalFiles({ call: (call) => calls.call(call), syncGuest: async () => {} });
}
