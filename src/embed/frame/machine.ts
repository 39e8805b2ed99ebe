/** The machine of a frame: fresh at each start, set up before anybody gets to it, without a network. */
import { type ErrorMessage, TabnixError, toErrorMessage } from "../../../workers/shared/errors.ts";
import type { Computer, ComputerOptions, ComputerState } from "../../computer.ts";
import { fetchFiles, writeFiles } from "../../setup/files.ts";
import type { LoadedSetup } from "../../setup/setup.ts";
import type { FrameEvent } from "../contract.ts";

/** What the machine tells of itself. */
export type MachineEvent = Extract<FrameEvent, { type: "state" | "ports" | "progress" | "notice" }>;

export interface EmbedMachineOptions {
  loaded: LoadedSetup;
  /** Of the site. */
  imagesUrl: string;
  createComputer(options: ComputerOptions): Computer;
}

export class EmbedMachine {
  readonly #options: EmbedMachineOptions;
  readonly #listeners: ((event: MachineEvent) => void)[] = [];
  #computer: Computer | undefined;
  #start: Promise<void> | undefined;
  #state: ComputerState = "stopped";
  #starts = 0;
  #failure: ErrorMessage = { code: "guest-failed", message: "The machine has failed.", hint: "" };

  constructor(options: EmbedMachineOptions) {
    this.#options = options;
  }

  /** It runs when its set-up is done, too. */
  get state(): ComputerState {
    return this.#state;
  }

  /** How many fresh machines there were: a reboot makes none. */
  get starts(): number {
    return this.#starts;
  }

  /** What went wrong last. */
  get failure(): ErrorMessage {
    return this.#failure;
  }

  get ports(): readonly number[] {
    return this.#state === "running" ? this.running.ports : [];
  }

  /** @throws TabnixError `guest-failed` when it does not run */
  get running(): Computer {
    if (this.#state === "running" && this.#computer) return this.#computer;
    throw new TabnixError("guest-failed", "The machine in the frame does not run.", "Start it.");
  }

  on(listener: (event: MachineEvent) => void): void {
    this.#listeners.push(listener);
  }

  /** Starts it, unless it runs or starts. @throws TabnixError */
  start(): Promise<void> {
    if (this.#state === "running") return Promise.resolve();
    this.#start ??= this.#startNew().finally(() => {
      this.#start = undefined;
    });
    return this.#start;
  }

  /** Stops it, and forgets its files. */
  async close(): Promise<void> {
    const computer = this.#computer;
    this.#computer = undefined;
    computer?.destroy();
    await this.#start?.catch(() => {});
    this.#setState("stopped");
  }

  async #startNew(): Promise<void> {
    const { loaded, imagesUrl, createComputer } = this.#options;
    const { image, environment } = loaded.setup;
    this.#computer?.destroy();
    const computer = createComputer({
      image,
      imagesUrl,
      environment,
      files: "unsaved",
      withoutImageRelay: true,
    });
    this.#computer = computer;
    this.#starts += 1;
    this.#setState("booting");
    this.#follow(computer);
    const fetched = fetchFiles(loaded);
    // It is told of when the files are needed.
    fetched.catch(() => {});
    try {
      await computer.boot();
      await writeFiles(computer.files, await fetched, { replace: true });
    } catch (error) {
      computer.destroy();
      if (computer === this.#computer) {
        this.#failure = toErrorMessage(error, "guest-failed");
        this.#setState("failed");
      }
      throw error;
    }
    if (computer !== this.#computer) throw new TabnixError("closed", "The machine was stopped.");
    this.#setState("running");
    this.#tell({ type: "ports", ports: computer.ports });
  }

  #follow(computer: Computer): void {
    const whileCurrent =
      <Value>(act: (value: Value) => void) =>
      (value: Value) => {
        if (computer === this.#computer) act(value);
      };
    computer.on(
      "state",
      whileCurrent((state) => {
        // At first it is ready later than it runs; what comes of the start is told by the start.
        if (!this.#start) this.#setState(state);
      }),
    );
    computer.on(
      "ports",
      whileCurrent((ports) => {
        if (this.#state === "running") this.#tell({ type: "ports", ports });
      }),
    );
    computer.on(
      "progress",
      whileCurrent((progress) => this.#tell({ type: "progress", progress })),
    );
    computer.on(
      "notice",
      whileCurrent((error) => {
        this.#failure = toErrorMessage(error, "guest-failed");
        this.#tell({ type: "notice", error: this.#failure });
      }),
    );
  }

  #setState(state: ComputerState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#tell({ type: "state", state });
  }

  #tell(event: MachineEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
