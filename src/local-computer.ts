/**
 * A computer in this page: starts the kernel worker (files) and the machine worker (v86), joins them,
 * and outlives the machine: a reboot starts another machine worker on the same files.
 */
import engineUrl from "virtual:tabnix-engine";
import type { Manifest } from "../images/format/manifest.ts";
import type { FromKernel, KernelStatistics, ToKernel } from "../workers/kernel/contract.ts";
import type { FromMachine, MachineStatistics, ToMachine } from "../workers/machine/contract.ts";
import { DEVICE_LAYOUT } from "../workers/machine/devices.ts";
import { ENGINE } from "../workers/machine/engine-version.ts";
import { fromErrorMessage, TabnixError } from "../workers/shared/errors.ts";
import { BOOT_TIMEOUT_MS, MAX_TERMINALS, RESTORE_TIMEOUT_MS } from "../workers/shared/limits.ts";
import type {
  BootProgress,
  Computer,
  ComputerEvents,
  ComputerOptions,
  ComputerState,
  ComputerStatistics,
  TerminalSession,
} from "./computer.ts";
import { LocalTerminal } from "./local-terminal.ts";
import { loadManifest } from "./manifest-loader.ts";

/** As a shell reports a process that was hung up: 128 + SIGHUP. */
const HUNG_UP = 129;

type Listeners = { [K in keyof ComputerEvents]: ((value: ComputerEvents[K]) => void)[] };

/** Bytes of one worker's downloads. */
interface Download {
  loaded: number;
  total: number;
}

/** A promise and its ends. */
interface Pending {
  resolve(): void;
  reject(error: TabnixError): void;
}

export class LocalComputer implements Computer {
  private readonly options: ComputerOptions;
  private readonly hostname: string;
  private readonly listeners: Listeners = { state: [], progress: [], notice: [], log: [] };
  private readonly terminals = new Map<number, LocalTerminal>();
  private readonly kernelStatistics: ((statistics: KernelStatistics) => void)[] = [];
  private readonly machineStatistics: ((statistics: MachineStatistics) => void)[] = [];
  private downloads: { kernel: Download; machine: Download } = nothingDownloaded();
  private manifest: Manifest | undefined;
  private kernel: Worker | undefined;
  private machine: Worker | undefined;
  private pending: Pending | undefined;
  private coldBoot = false;
  private currentState: ComputerState = "stopped";

  constructor(options: ComputerOptions) {
    this.options = options;
    this.hostname = options.hostname ?? "tabnix";
  }

  get state(): ComputerState {
    return this.currentState;
  }

  on<K extends keyof ComputerEvents>(event: K, listener: (value: ComputerEvents[K]) => void): void {
    this.listeners[event].push(listener);
  }

  async boot(): Promise<void> {
    if (this.currentState === "booting" || this.currentState === "running") return;
    this.setState("booting");
    try {
      if (this.kernel) await this.startMachine(false);
      else await this.startBoth();
      this.setState("running");
      this.progress("ready");
    } catch (error) {
      this.destroyWorkers();
      this.setState("failed");
      throw error;
    }
  }

  openTerminal(size: { rows: number; columns: number }): TerminalSession {
    if (this.currentState !== "running") {
      throw new TabnixError("invalid-input", "The machine is not running.", "Start it first.");
    }
    let id = 0;
    while (this.terminals.has(id)) id++;
    if (id >= MAX_TERMINALS) {
      throw new TabnixError(
        "invalid-input",
        `At most ${MAX_TERMINALS} terminals can be open.`,
        "Close one first.",
      );
    }
    const terminal = new LocalTerminal(id, (message, transfer) =>
      this.toMachine(message, transfer),
    );
    this.terminals.set(id, terminal);
    this.toMachine({ type: "terminal-open", terminal: id, ...size });
    return terminal;
  }

  async statistics(): Promise<ComputerStatistics> {
    const [kernel, machine] = await Promise.all([
      new Promise<KernelStatistics | undefined>((resolve) => {
        if (!this.kernel) return resolve(undefined);
        this.kernelStatistics.push(resolve);
        this.toKernel({ type: "statistics" });
      }),
      new Promise<MachineStatistics | undefined>((resolve) => {
        if (!this.machine) return resolve(undefined);
        this.machineStatistics.push(resolve);
        this.toMachine({ type: "statistics" });
      }),
    ]);
    return {
      memoryBytes: machine?.memoryBytes ?? 0,
      fetchedBytes: (kernel?.fetchedBytes ?? 0) + this.downloads.machine.loaded,
      overlayBytes: kernel?.overlayBytes ?? 0,
      storage: kernel?.storage ?? "memory",
    };
  }

  async reboot(): Promise<void> {
    this.toMachine({ type: "power", action: "reboot" });
  }

  async powerOff(): Promise<void> {
    this.toMachine({ type: "power", action: "power-off" });
  }

  destroy(): void {
    this.destroyWorkers();
    this.setState("stopped");
  }

  /** First start: files and machine side by side. */
  private async startBoth(): Promise<void> {
    const { image, imagesUrl } = this.options;
    this.downloads = nothingDownloaded();
    this.coldBoot = this.options.coldBoot ?? false;
    this.progress("manifest");
    const manifest = await loadManifest(imagesUrl, image);
    this.manifest = manifest;
    const fromSnapshot = !this.coldBoot && this.snapshotFits(manifest);
    this.coldBoot = !fromSnapshot;
    this.kernel = new Worker(new URL("../workers/kernel/worker.ts", import.meta.url), {
      type: "module",
      name: "tabnix-kernel",
    });
    this.kernel.onmessage = ({ data }: MessageEvent<FromKernel>) => this.onKernel(data);
    this.kernel.onerror = (event) => this.fail(workerError("kernel", event));
    const channel = new MessageChannel();
    this.toKernel({ type: "open", imagesUrl, manifest, fromSnapshot, machine: channel.port1 }, [
      channel.port1,
    ]);
    await this.runMachine(manifest, fromSnapshot, channel.port2);
  }

  /** A machine on files that are already served: after a reboot or a power-off. */
  private async startMachine(fromSnapshot: boolean): Promise<void> {
    const manifest = this.manifest!;
    this.coldBoot = !fromSnapshot;
    this.downloads.machine = { loaded: 0, total: 0 };
    const channel = new MessageChannel();
    this.toKernel({ type: "attach", machine: channel.port1 }, [channel.port1]);
    await this.runMachine(manifest, fromSnapshot, channel.port2);
  }

  private async runMachine(
    manifest: Manifest,
    fromSnapshot: boolean,
    kernel: MessagePort,
  ): Promise<void> {
    this.machine = new Worker(new URL("../workers/machine/worker.ts", import.meta.url), {
      type: "module",
      name: "tabnix-machine",
    });
    this.machine.onmessage = ({ data }: MessageEvent<FromMachine>) => this.onMachine(data);
    this.machine.onerror = (event) => this.fail(workerError("machine", event));
    const ready = new Promise<void>((resolve, reject) => {
      this.pending = { resolve, reject };
    });
    this.toMachine(
      {
        type: "boot",
        imagesUrl: this.options.imagesUrl,
        engineUrl: new URL(engineUrl, document.baseURI).href,
        manifest,
        fromSnapshot,
        hostname: this.hostname,
        kernel,
      },
      [kernel],
    );
    try {
      await ready;
    } finally {
      this.pending = undefined;
      this.clearDeadline();
    }
  }

  private snapshotFits({ snapshot }: Manifest): boolean {
    if (!snapshot) return false;
    if (snapshot.engine === ENGINE && snapshot.layout === DEVICE_LAYOUT) return true;
    this.emit(
      "notice",
      new TabnixError(
        "wrong-version",
        `The image's snapshot was made by ${snapshot.engine}; this page runs ${ENGINE}.`,
        "The machine starts from its kernel instead. Building the image again makes it fast.",
      ),
    );
    return false;
  }

  private onKernel(message: FromKernel): void {
    switch (message.type) {
      case "progress":
        this.downloads.kernel = message;
        this.progress("download");
        break;
      case "ready":
        break;
      case "failed":
        this.fail(fromErrorMessage(message.error));
        break;
      case "notice":
        // A damaged file while the machine starts means that it will not: say so instead of waiting.
        if (this.pending) this.fail(fromErrorMessage(message.error));
        else this.emit("notice", fromErrorMessage(message.error));
        break;
      case "statistics":
        this.kernelStatistics.shift()?.(message.statistics);
        break;
    }
  }

  private onMachine(message: FromMachine): void {
    switch (message.type) {
      case "progress":
        if (message.stage === "restore" || message.stage === "boot") {
          this.progress(message.stage);
          this.setDeadline(message.stage === "restore" ? RESTORE_TIMEOUT_MS : BOOT_TIMEOUT_MS);
        } else {
          this.downloads.machine = message;
          this.progress("download");
        }
        break;
      case "ready":
        this.pending?.resolve();
        break;
      case "failed":
        this.fail(fromErrorMessage(message.error));
        break;
      case "log":
        this.emit("log", message.text);
        break;
      case "terminal-output":
        this.terminals.get(message.terminal)?.receive(message.bytes);
        break;
      case "terminal-exit":
        this.endTerminal(message.terminal, message.status);
        break;
      case "stopped":
        void this.onStopped(message.reason);
        break;
      case "statistics":
        this.machineStatistics.shift()?.(message.statistics);
        break;
    }
  }

  private async onStopped(reason: "reboot" | "power-off" | "panic"): Promise<void> {
    const panic = new TabnixError(
      "guest-failed",
      "The guest's kernel stopped with a panic.",
      "Its last messages are in the log. Start the machine again; your files in this page are kept.",
    );
    if (this.pending && reason === "panic") return this.fail(panic);
    if (this.pending && reason === "power-off") {
      return this.fail(
        new TabnixError("guest-failed", "The machine switched off while starting.", "Try again."),
      );
    }
    this.machine?.terminate();
    this.machine = undefined;
    for (const id of [...this.terminals.keys()]) this.endTerminal(id, HUNG_UP);
    this.setState("stopped");
    if (reason === "panic") this.emit("notice", panic);
    if (reason === "reboot") await this.boot().catch((error) => this.emit("notice", error));
  }

  private endTerminal(id: number, status: number): void {
    const terminal = this.terminals.get(id);
    this.terminals.delete(id);
    terminal?.end(status);
  }

  private fail(error: TabnixError): void {
    if (this.pending) this.pending.reject(error);
    else this.emit("notice", error);
  }

  private deadline: ReturnType<typeof setTimeout> | undefined;

  private setDeadline(milliseconds: number): void {
    this.clearDeadline();
    this.deadline = setTimeout(() => {
      this.fail(
        new TabnixError(
          "guest-failed",
          `The machine did not answer within ${milliseconds / 1000} seconds.`,
          "Try again, or start without the snapshot. A very slow device may need another try.",
        ),
      );
    }, milliseconds);
  }

  private clearDeadline(): void {
    clearTimeout(this.deadline);
    this.deadline = undefined;
  }

  private progress(stage: BootProgress["stage"]): void {
    const { kernel, machine } = this.downloads;
    this.emit("progress", {
      stage,
      loaded: kernel.loaded + machine.loaded,
      total: kernel.total + machine.total,
      coldBoot: this.coldBoot,
    });
  }

  private setState(state: ComputerState): void {
    if (state === this.currentState) return;
    this.currentState = state;
    this.emit("state", state);
  }

  private emit<K extends keyof ComputerEvents>(event: K, value: ComputerEvents[K]): void {
    for (const listener of this.listeners[event]) listener(value);
  }

  private toKernel(message: ToKernel, transfer: Transferable[] = []): void {
    this.kernel?.postMessage(message, transfer);
  }

  private toMachine(message: ToMachine, transfer: Transferable[] = []): void {
    this.machine?.postMessage(message, transfer);
  }

  private destroyWorkers(): void {
    this.clearDeadline();
    this.kernel?.terminate();
    this.machine?.terminate();
    this.kernel = undefined;
    this.machine = undefined;
    for (const id of [...this.terminals.keys()]) this.endTerminal(id, HUNG_UP);
  }
}

function nothingDownloaded(): { kernel: Download; machine: Download } {
  return { kernel: { loaded: 0, total: 0 }, machine: { loaded: 0, total: 0 } };
}

function workerError(name: string, event: ErrorEvent): TabnixError {
  return new TabnixError(
    "guest-failed",
    `The ${name} worker failed${event.message ? `: ${event.message}` : " to start"}.`,
    "Reload the page; if it stays, this browser may lack module workers.",
  );
}
