/**
 * The two workers of a computer, from start to end: files and machine come up side by side, the machine may
 * stop, crash and start again on the same files, and another tab may take the files away.
 */
import type { Manifest } from "../../images/format/manifest.ts";
import type { NinepLink } from "../../workers/kernel/contract.ts";
import { DEVICE_LAYOUT } from "../../workers/machine/devices.ts";
import { ENGINE } from "../../workers/machine/engine-version.ts";
import { TabnixError } from "../../workers/shared/errors.ts";
import {
  AFTER_PROMPT_MS,
  BOOT_TIMEOUT_MS,
  GUEST_SYNC_MS,
  RESTORE_TIMEOUT_MS,
} from "../../workers/shared/limits.ts";
import { locationOf } from "../../workers/shared/manifest-loader.ts";
import type { StoreLocation } from "../../workers/shared/store.ts";
import type { ComputerEvents, ComputerOptions, ComputerState } from "../computer.ts";
import type { Emitter } from "../emitter.ts";
import type { ComputerHost } from "./computer-host.ts";
import { diskOf } from "./disk-request.ts";
import {
  deafGuest,
  noFiles,
  otherEngine,
  panic,
  stoppedWhileStarting,
  takenAway,
} from "./failures.ts";
import { KernelLink } from "./kernel-link.ts";
import { MachineLink, type StopReason } from "./machine-link.ts";
import { makeNinepLink } from "./ninep-link.ts";
import { keepStorage } from "./persistence.ts";
import { StartAttempt } from "./start-attempt.ts";
import { StartProgress } from "./start-progress.ts";

const DEFAULT_HOSTNAME = "tabnix";

export interface LifecycleOptions {
  computer: ComputerOptions;
  host: ComputerHost;
  events: Emitter<ComputerEvents>;
  /** The prompt stands: now is the time for what could wait. */
  onPrompt(): void;
}

export class Lifecycle {
  readonly #options: LifecycleOptions;
  #manifest: Manifest | undefined;
  #kernel: KernelLink | undefined;
  #machine: MachineLink | undefined;
  #attempt: StartAttempt | undefined;
  readonly #progress: StartProgress;
  #isPersistent: boolean | undefined;
  #state: ComputerState = "stopped";
  #ports: readonly number[] = [];
  /** The kernel worker has let go of the files. */
  #onReleased: (() => void) | undefined;

  constructor(options: LifecycleOptions) {
    this.#options = options;
    this.#progress = new StartProgress((progress) => options.events.emit("progress", progress));
  }

  get state(): ComputerState {
    return this.#state;
  }

  get ports(): readonly number[] {
    return this.#ports;
  }

  /** Once it is there. */
  get manifest(): Manifest | undefined {
    return this.#manifest;
  }

  get kernel(): KernelLink | undefined {
    return this.#kernel;
  }

  get machine(): MachineLink | undefined {
    return this.#machine;
  }

  /** Bytes that the machine worker has fetched for this start. */
  get machineBytes(): number {
    return this.#progress.machineBytes;
  }

  /** Whether the browser keeps the files also when room is short; undefined while it has not told. */
  get isPersistent(): boolean | undefined {
    return this.#isPersistent;
  }

  /** @throws TabnixError `invalid-input` */
  get running(): MachineLink {
    if (this.#state === "running" && this.#machine) return this.#machine;
    throw new TabnixError("invalid-input", "The machine is not running.", "Start it first.");
  }

  /** @throws TabnixError `guest-failed` */
  get opened(): KernelLink {
    if (!this.#kernel) throw noFiles();
    return this.#kernel;
  }

  async boot(): Promise<void> {
    if (this.#state === "booting" || this.#state === "running") return;
    this.#setState("booting");
    const hasFiles = this.#kernel !== undefined;
    const attempt = new StartAttempt(hasFiles ? ["machine"] : ["files", "machine"]);
    this.#attempt = attempt;
    try {
      const work = hasFiles ? this.#startMachine(false) : this.#startBoth(attempt);
      work.catch((error) => attempt.fail(error));
      await attempt.outcome;
    } catch (error) {
      if (attempt !== this.#attempt) throw error;
      this.#endMachine();
      if (!hasFiles) this.#endKernel();
      this.#setState(this.#kernel ? "stopped" : "failed");
      throw error;
    }
    this.#setState("running");
    this.#progress.stage("ready");
    const kernel = this.#kernel;
    setTimeout(() => {
      // Thrown away meanwhile: another start tells its own.
      if (!kernel || kernel !== this.#kernel) return;
      kernel.prompt();
      this.#options.onPrompt();
    }, AFTER_PROMPT_MS);
    if (!hasFiles) void this.#keepFiles();
  }

  /** Starts another machine on the same files, which are not what this one knows: it may write nothing more. */
  startAnew(): void {
    this.#attempt?.fail(stoppedWhileStarting("reboot"));
    this.#endMachine();
    this.#setState("stopped");
    this.boot().catch((error) => this.#notice(error));
  }

  /** Ends it with what the guest holds back saved, and the files free for others. */
  async close(): Promise<void> {
    const kernel = this.#kernel;
    if (kernel && this.#state !== "booting") {
      await this.syncGuest();
      const { storage } = await kernel.statistics();
      if (storage !== "memory" && kernel === this.#kernel) {
        const released = new Promise<void>((resolve) => {
          this.#onReleased = resolve;
        });
        kernel.release();
        await released;
      }
    }
    this.destroy();
  }

  destroy(): void {
    this.#attempt?.fail(new TabnixError("guest-failed", "The machine was thrown away."));
    this.#attempt = undefined;
    this.#endMachine();
    this.#endKernel();
    this.#setState("stopped");
  }

  get #computer(): ComputerOptions {
    return this.#options.computer;
  }

  get #location(): StoreLocation {
    return locationOf(this.#computer.imagesUrl, this.#computer.image);
  }

  /** First start: files and machine side by side. */
  async #startBoth(attempt: StartAttempt): Promise<void> {
    const { image } = this.#computer;
    this.#progress.coldBoot = this.#computer.coldBoot ?? false;
    this.#progress.begin();
    this.#progress.stage("manifest");
    // The workers' scripts load beside the manifest.
    this.#kernel = this.#linkKernel();
    this.#machine = this.#linkMachine();
    const [manifest, disk] = await Promise.all([
      this.#options.host.loadManifest(this.#location, image),
      diskOf(this.#computer),
    ]);
    if (!attempt.isOpen) return;
    this.#manifest = manifest;
    const fromSnapshot = !this.#progress.coldBoot && this.#snapshotFits(manifest);
    const link = makeNinepLink(this.#options.host);
    const machine = link.kernelEnd;
    const location = this.#location;
    this.#kernel.open({
      location,
      manifest,
      fromSnapshot,
      machine,
      hostname: this.#hostname,
      ...(disk ? { disk } : {}),
    });
    this.#bootMachine(this.#machine, manifest, fromSnapshot, link.machineEnd);
  }

  /** A machine on files that are already served. */
  async #startMachine(fromSnapshot: boolean): Promise<void> {
    this.#progress.beginMachine();
    this.#machine = this.#linkMachine();
    const link = makeNinepLink(this.#options.host);
    this.#kernel!.attach(link.kernelEnd, this.#hostname);
    this.#bootMachine(this.#machine, this.#manifest!, fromSnapshot, link.machineEnd);
  }

  #bootMachine(
    machine: MachineLink,
    manifest: Manifest,
    fromSnapshot: boolean,
    kernel: NinepLink,
  ): void {
    this.#progress.coldBoot = !fromSnapshot;
    const { environment } = this.#computer;
    machine.boot({
      location: this.#location,
      manifest,
      fromSnapshot,
      hostname: this.#hostname,
      ...(environment ? { environment } : {}),
      kernel,
    });
  }

  get #hostname(): string {
    return this.#computer.hostname ?? DEFAULT_HOSTNAME;
  }

  #linkKernel(): KernelLink {
    return new KernelLink(this.#options.host, {
      onProgress: (loaded, total) => this.#progress.kernel(loaded, total),
      // A damaged file while the machine starts means that it will not: say so instead of waiting. It starts
      // without room for what it would save.
      onNotice: (error) => {
        if (this.#attempt?.isOpen && error.code !== "unsaved") this.#attempt.fail(error);
        else this.#notice(error);
      },
      onReady: () => this.#attempt?.ready("files"),
      onNoSnapshot: () => {
        this.#endMachine();
        this.#attempt?.awaitAgain("machine");
        this.#attempt?.ready("files");
        void this.#startMachine(false);
      },
      onAsked: () => void this.#giveAway(),
      onChanged: () => void this.tellGuest(true),
      onLost: () => {
        if (this.#onReleased) return this.#onReleased();
        this.#endKernel();
        if (this.#attempt?.isOpen) return this.#attempt.fail(takenAway());
        this.#endMachine();
        this.#setState("failed");
        this.#notice(takenAway());
      },
      onNetwork: (report) => this.#options.events.emit("network", report),
      onFailure: (error) => {
        this.#endKernel();
        if (this.#attempt?.isOpen) return this.#attempt.fail(error);
        this.#endMachine();
        this.#setState("failed");
        this.#notice(error);
      },
    });
  }

  #linkMachine(): MachineLink {
    return new MachineLink(this.#options.host, {
      onProgress: (stage, loaded, total) => {
        if (stage === "restore" || stage === "boot") {
          this.#attempt?.expectWithin(stage === "restore" ? RESTORE_TIMEOUT_MS : BOOT_TIMEOUT_MS);
          this.#progress.stage(stage);
        } else {
          this.#progress.machine(loaded, total);
        }
      },
      onReady: () => this.#attempt?.ready("machine"),
      onPorts: (ports) => this.#setPorts(ports),
      onLog: (text) => this.#options.events.emit("log", text),
      onStopped: (reason) => void this.#onStopped(reason),
      onFailure: (error) => {
        if (this.#attempt?.isOpen) return this.#attempt.fail(error);
        this.#endMachine();
        this.#setState("stopped");
        this.#notice(error);
      },
    });
  }

  async #onStopped(reason: StopReason): Promise<void> {
    if (this.#attempt?.isOpen) {
      return this.#attempt.fail(reason === "panic" ? panic() : stoppedWhileStarting(reason));
    }
    this.#endMachine();
    this.#setState("stopped");
    if (reason === "panic") this.#notice(panic());
    if (reason === "reboot") await this.boot().catch((error) => this.#notice(error));
  }

  /** Has the browser keep the files, if they are saved at all. */
  async #keepFiles(): Promise<void> {
    const statistics = await this.#kernel?.statistics();
    if (statistics && statistics.storage !== "memory") this.#isPersistent = await keepStorage();
  }

  /** Lets another tab have the files, with what the guest holds back if it answers in time. */
  async #giveAway(): Promise<void> {
    const kernel = this.#kernel;
    await this.syncGuest();
    kernel?.release();
  }

  /** Has the guest write out what it holds back, and forget what it caches if told to. */
  async tellGuest(forget: boolean): Promise<void> {
    if (!(await this.syncGuest(forget))) this.#notice(deafGuest());
  }

  /** @returns false when a running guest does not do it in time */
  syncGuest(forget = false): Promise<boolean> {
    // One that still starts would answer too late, and holds nothing back.
    if (!this.#machine || this.#state !== "running") return Promise.resolve(true);
    const machine = this.#machine;
    return new Promise((resolve) => {
      const tooLong = setTimeout(resolve, GUEST_SYNC_MS, false);
      void machine.sync(forget).then(() => {
        clearTimeout(tooLong);
        resolve(true);
      });
    });
  }

  #snapshotFits({ snapshot }: Manifest): boolean {
    if (!snapshot) return false;
    if (snapshot.engine === ENGINE && snapshot.layout === DEVICE_LAYOUT) return true;
    this.#notice(otherEngine(snapshot.engine, ENGINE));
    return false;
  }

  #endMachine(): void {
    const machine = this.#machine;
    this.#machine = undefined;
    machine?.terminate();
    this.#setPorts([]);
  }

  #endKernel(): void {
    this.#kernel?.terminate();
    this.#kernel = undefined;
  }

  #notice(error: TabnixError): void {
    this.#options.events.emit("notice", error);
  }

  #setState(state: ComputerState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#options.events.emit("state", state);
  }

  #setPorts(ports: readonly number[]): void {
    if (ports.join() === this.#ports.join()) return;
    this.#ports = ports;
    this.#options.events.emit("ports", ports);
  }
}
