/**
 * A computer in this page: a kernel worker (files) and a machine worker (v86). The files outlive the
 * machine: after a reboot, a power-off or a crash another machine starts on the same ones.
 */
import type { Manifest } from "../../images/format/manifest.ts";
import type { NinepLink } from "../../workers/kernel/contract.ts";
import type { RelaySettings } from "../../workers/kernel/network/contract.ts";
import { DEVICE_LAYOUT } from "../../workers/machine/devices.ts";
import { ENGINE } from "../../workers/machine/engine-version.ts";
import type { ProgramRequest } from "../../workers/machine/programs/contract.ts";
import { TabnixError } from "../../workers/shared/errors.ts";
import {
  AFTER_PROMPT_MS,
  BOOT_TIMEOUT_MS,
  GUEST_SYNC_MS,
  RESTORE_TIMEOUT_MS,
} from "../../workers/shared/limits.ts";
import { locationOf } from "../../workers/shared/manifest-loader.ts";
import type { StoreLocation } from "../../workers/shared/store.ts";
import type {
  BootProgress,
  Computer,
  ComputerEvents,
  ComputerOptions,
  ComputerState,
  ComputerStatistics,
  ProgramSession,
  TerminalSession,
} from "../computer.ts";
import { Emitter } from "../emitter.ts";
import type {
  Exported,
  ExportOptions,
  ExportSummary,
  Imported,
  TransferOptions,
} from "../machine-transfer.ts";
import type { ComputerHost } from "./computer-host.ts";
import { diskOf } from "./disk-request.ts";
import {
  deafExport,
  deafGuest,
  noFiles,
  otherEngine,
  panic,
  stoppedWhileStarting,
  takenAway,
} from "./failures.ts";
import { KernelLink } from "./kernel-link.ts";
import { LocalFiles } from "./local-files.ts";
import { LocalNetwork } from "./local-network.ts";
import { MachineLink, type StopReason } from "./machine-link.ts";
import { makeNinepLink } from "./ninep-link.ts";
import { keepStorage } from "./persistence.ts";
import { StartAttempt } from "./start-attempt.ts";

const DEFAULT_HOSTNAME = "tabnix";
const NOTHING = { loaded: 0, total: 0 };

export class LocalComputer implements Computer {
  readonly files = new LocalFiles({
    call: async (call) => this.#opened.callFiles(call),
    syncGuest: ({ forget }) => this.#tellGuest(forget),
  });
  readonly #options: ComputerOptions;
  readonly #events = new Emitter<ComputerEvents>();
  #manifest: Manifest | undefined;
  #kernel: KernelLink | undefined;
  #machine: MachineLink | undefined;
  #attempt: StartAttempt | undefined;
  /** Bytes of each worker's downloads. */
  #downloads = { kernel: NOTHING, machine: NOTHING };
  #coldBoot = false;
  #isPersistent: boolean | undefined;
  #state: ComputerState = "stopped";
  #ports: readonly number[] = [];
  readonly #network: LocalNetwork;

  readonly #host: ComputerHost;
  /** The kernel worker has let go of the files. */
  #onReleased: (() => void) | undefined;

  constructor(options: ComputerOptions, host: ComputerHost) {
    this.#options = options;
    this.#host = host;
    this.#network = new LocalNetwork({
      image: options.image,
      usesImageRelay: options.withoutImageRelay !== true,
      manifest: () => this.#manifest,
      ask: (request) => this.#opened.network(request),
      tell: (request) => this.#kernel?.network(request),
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
    this.#progress("ready");
    const kernel = this.#kernel;
    setTimeout(() => {
      // Thrown away meanwhile: another start tells its own.
      if (!kernel || kernel !== this.#kernel) return;
      kernel.prompt();
      this.#network.restore();
    }, AFTER_PROMPT_MS);
    if (!hasFiles) void this.#keepFiles();
  }

  openTerminal(size: { rows: number; columns: number }): TerminalSession {
    return this.#running.openTerminal(size);
  }

  startProgram(request: ProgramRequest): ProgramSession {
    return this.#running.startProgram(request);
  }

  async statistics(): Promise<ComputerStatistics> {
    const [kernel, machine] = await Promise.all([
      this.#kernel?.statistics(),
      this.#machine?.statistics(),
    ]);
    return {
      memoryBytes: machine?.memoryBytes ?? 0,
      fetchedBytes: (kernel?.fetchedBytes ?? 0) + this.#downloads.machine.loaded,
      overlayBytes: kernel?.overlayBytes ?? 0,
      capacityBytes: kernel?.capacityBytes ?? 0,
      isUnsaved: kernel?.isUnsaved ?? false,
      storage: kernel?.storage ?? "memory",
      isPersistent: this.#isPersistent,
    };
  }

  async reboot(): Promise<void> {
    this.#machine?.power("reboot");
  }

  async powerOff(): Promise<void> {
    this.#machine?.power("power-off");
  }

  async save(): Promise<void> {
    await this.#machine?.sync();
    this.#kernel?.save();
  }

  connectPreview(port: MessagePort): void {
    this.#network.connectPreview(port);
  }

  get imageRelay(): RelaySettings | undefined {
    return this.#network.imageRelay;
  }

  useRelay(relay: RelaySettings | undefined): void {
    this.#network.useRelay(relay);
  }

  joinNetwork(name: string | undefined): void {
    this.#network.join(name);
  }

  share(port: number, name?: string): void {
    this.#network.share(port, name);
  }

  unshare(port: number): void {
    this.#network.unshare(port);
  }

  exportChanges(options: ExportOptions = {}): Promise<Exported> {
    return this.#export(false, options);
  }

  exportMachine(options: ExportOptions = {}): Promise<Exported> {
    return this.#export(true, options);
  }

  async inspectChanges(file: Blob, options: TransferOptions = {}): Promise<ExportSummary> {
    return this.#opened.transfer({ op: "inspect", file }, options);
  }

  async importChanges(file: Blob, options: TransferOptions = {}): Promise<Imported> {
    const imported = await this.#opened.transfer({ op: "import", file }, options);
    // It is another machine: this one goes on.
    if (imported.image !== undefined) return imported;
    // What it would still write belongs to files that are gone.
    this.#attempt?.fail(stoppedWhileStarting("reboot"));
    this.#endMachine();
    this.#setState("stopped");
    this.boot().catch((error) => this.#events.emit("notice", error));
    return imported;
  }

  async close(): Promise<void> {
    const kernel = this.#kernel;
    if (kernel && this.#state !== "booting") {
      await this.#syncGuest();
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

  async #export(withImage: boolean, { to, ...options }: ExportOptions): Promise<Exported> {
    if (!(await this.#syncGuest())) this.#events.emit("notice", deafExport());
    return this.#opened.transfer({ op: "export", withImage, ...(to ? { to } : {}) }, options);
  }

  /** @throws TabnixError `invalid-input` */
  get #running(): MachineLink {
    if (this.#state === "running" && this.#machine) return this.#machine;
    throw new TabnixError("invalid-input", "The machine is not running.", "Start it first.");
  }

  /** @throws TabnixError `guest-failed` */
  get #opened(): KernelLink {
    if (!this.#kernel) throw noFiles();
    return this.#kernel;
  }

  get #location(): StoreLocation {
    return locationOf(this.#options.imagesUrl, this.#options.image);
  }

  /** First start: files and machine side by side. */
  async #startBoth(attempt: StartAttempt): Promise<void> {
    const { image } = this.#options;
    this.#coldBoot = this.#options.coldBoot ?? false;
    this.#downloads = { kernel: NOTHING, machine: NOTHING };
    this.#progress("manifest");
    // The workers' scripts load beside the manifest.
    this.#kernel = this.#linkKernel();
    this.#machine = this.#linkMachine();
    const [manifest, disk] = await Promise.all([
      this.#host.loadManifest(this.#location, image),
      diskOf(this.#options),
    ]);
    if (!attempt.isOpen) return;
    this.#manifest = manifest;
    const fromSnapshot = !this.#coldBoot && this.#snapshotFits(manifest);
    const link = makeNinepLink(this.#host);
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
    this.#downloads.machine = NOTHING;
    this.#machine = this.#linkMachine();
    const link = makeNinepLink(this.#host);
    this.#kernel!.attach(link.kernelEnd, this.#hostname);
    this.#bootMachine(this.#machine, this.#manifest!, fromSnapshot, link.machineEnd);
  }

  #bootMachine(
    machine: MachineLink,
    manifest: Manifest,
    fromSnapshot: boolean,
    kernel: NinepLink,
  ): void {
    this.#coldBoot = !fromSnapshot;
    const { environment } = this.#options;
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
    return this.#options.hostname ?? DEFAULT_HOSTNAME;
  }

  #linkKernel(): KernelLink {
    return new KernelLink(this.#host, {
      onProgress: (loaded, total) => {
        this.#downloads.kernel = { loaded, total };
        this.#progress("download");
      },
      // A damaged file while the machine starts means that it will not: say so instead of waiting.
      onNotice: (error) =>
        this.#attempt?.isOpen ? this.#attempt.fail(error) : this.#events.emit("notice", error),
      onReady: () => this.#attempt?.ready("files"),
      onNoSnapshot: () => {
        this.#endMachine();
        this.#attempt?.awaitAgain("machine");
        this.#attempt?.ready("files");
        void this.#startMachine(false);
      },
      onAsked: () => void this.#giveAway(),
      onChanged: () => void this.#tellGuest(true),
      onLost: () => {
        if (this.#onReleased) return this.#onReleased();
        this.#endKernel();
        if (this.#attempt?.isOpen) return this.#attempt.fail(takenAway());
        this.#endMachine();
        this.#setState("failed");
        this.#events.emit("notice", takenAway());
      },
      onNetwork: (report) => this.#events.emit("network", report),
      onFailure: (error) => {
        this.#endKernel();
        if (this.#attempt?.isOpen) return this.#attempt.fail(error);
        this.#endMachine();
        this.#setState("failed");
        this.#events.emit("notice", error);
      },
    });
  }

  #linkMachine(): MachineLink {
    return new MachineLink(this.#host, {
      onProgress: (stage, loaded, total) => {
        if (stage === "restore" || stage === "boot") {
          this.#attempt?.expectWithin(stage === "restore" ? RESTORE_TIMEOUT_MS : BOOT_TIMEOUT_MS);
          this.#progress(stage);
        } else {
          this.#downloads.machine = { loaded, total };
          this.#progress("download");
        }
      },
      onReady: () => this.#attempt?.ready("machine"),
      onPorts: (ports) => this.#setPorts(ports),
      onLog: (text) => this.#events.emit("log", text),
      onStopped: (reason) => void this.#onStopped(reason),
      onFailure: (error) => {
        if (this.#attempt?.isOpen) return this.#attempt.fail(error);
        this.#endMachine();
        this.#setState("stopped");
        this.#events.emit("notice", error);
      },
    });
  }

  async #onStopped(reason: StopReason): Promise<void> {
    if (this.#attempt?.isOpen) {
      return this.#attempt.fail(reason === "panic" ? panic() : stoppedWhileStarting(reason));
    }
    this.#endMachine();
    this.#setState("stopped");
    if (reason === "panic") this.#events.emit("notice", panic());
    if (reason === "reboot") await this.boot().catch((error) => this.#events.emit("notice", error));
  }

  /** Has the browser keep the files, if they are saved at all. */
  async #keepFiles(): Promise<void> {
    const statistics = await this.#kernel?.statistics();
    if (statistics && statistics.storage !== "memory") this.#isPersistent = await keepStorage();
  }

  /** Lets another tab have the files, with what the guest holds back if it answers in time. */
  async #giveAway(): Promise<void> {
    const kernel = this.#kernel;
    await this.#syncGuest();
    kernel?.release();
  }

  /** Has the guest write out what it holds back, and forget what it caches if told to. */
  async #tellGuest(forget: boolean): Promise<void> {
    if (!(await this.#syncGuest(forget))) this.#events.emit("notice", deafGuest());
  }

  /** @returns false when a running guest does not do it in time */
  #syncGuest(forget = false): Promise<boolean> {
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
    this.#events.emit("notice", otherEngine(snapshot.engine, ENGINE));
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

  #progress(stage: BootProgress["stage"]): void {
    const { kernel, machine } = this.#downloads;
    this.#events.emit("progress", {
      stage,
      loaded: kernel.loaded + machine.loaded,
      total: kernel.total + machine.total,
      coldBoot: this.#coldBoot,
    });
  }

  #setState(state: ComputerState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#events.emit("state", state);
  }

  #setPorts(ports: readonly number[]): void {
    if (ports.join() === this.#ports.join()) return;
    this.#ports = ports;
    this.#events.emit("ports", ports);
  }
}
