/**
 * A computer in this page: what may be asked of its files, its machine and its network. The two workers behind
 * it come and go in lifecycle.ts.
 */
import type { RelaySettings } from "../../workers/kernel/network/contract.ts";
import type { ProgramRequest } from "../../workers/machine/programs/contract.ts";
import type {
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
import { deafExport } from "./failures.ts";
import { Lifecycle } from "./lifecycle.ts";
import { LocalFiles } from "./local-files.ts";
import { LocalNetwork } from "./local-network.ts";

export class LocalComputer implements Computer {
  readonly files = new LocalFiles({
    call: async (call) => this.#life.opened.callFiles(call),
    syncGuest: ({ forget }) => this.#life.tellGuest(forget),
  });
  readonly #events = new Emitter<ComputerEvents>();
  readonly #life: Lifecycle;
  readonly #network: LocalNetwork;

  constructor(options: ComputerOptions, host: ComputerHost) {
    this.#life = new Lifecycle({
      computer: options,
      host,
      events: this.#events,
      onPrompt: () => this.#network.restore(),
    });
    this.#network = new LocalNetwork({
      image: options.image,
      usesImageRelay: options.withoutImageRelay !== true,
      manifest: () => this.#life.manifest,
      ask: (request) => this.#life.opened.network(request),
      tell: (request) => this.#life.kernel?.network(request),
    });
  }

  get state(): ComputerState {
    return this.#life.state;
  }

  get ports(): readonly number[] {
    return this.#life.ports;
  }

  on<K extends keyof ComputerEvents>(event: K, listener: (value: ComputerEvents[K]) => void): void {
    this.#events.on(event, listener);
  }

  boot(): Promise<void> {
    return this.#life.boot();
  }

  openTerminal(size: { rows: number; columns: number }): TerminalSession {
    return this.#life.running.openTerminal(size);
  }

  startProgram(request: ProgramRequest): ProgramSession {
    return this.#life.running.startProgram(request);
  }

  async statistics(): Promise<ComputerStatistics> {
    const [kernel, machine] = await Promise.all([
      this.#life.kernel?.statistics(),
      this.#life.machine?.statistics(),
    ]);
    return {
      memoryBytes: machine?.memoryBytes ?? 0,
      fetchedBytes: (kernel?.fetchedBytes ?? 0) + this.#life.machineBytes,
      overlayBytes: kernel?.overlayBytes ?? 0,
      capacityBytes: kernel?.capacityBytes ?? 0,
      isUnsaved: kernel?.isUnsaved ?? false,
      storage: kernel?.storage ?? "memory",
      isPersistent: this.#life.isPersistent,
    };
  }

  async reboot(): Promise<void> {
    this.#life.machine?.power("reboot");
  }

  async powerOff(): Promise<void> {
    this.#life.machine?.power("power-off");
  }

  async save(): Promise<void> {
    await this.#life.machine?.sync();
    this.#life.kernel?.save();
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
    return this.#life.opened.transfer({ op: "inspect", file }, options);
  }

  async importChanges(file: Blob, options: TransferOptions = {}): Promise<Imported> {
    const imported = await this.#life.opened.transfer({ op: "import", file }, options);
    // It is another machine: this one goes on.
    if (imported.image !== undefined) return imported;
    // What it would still write belongs to files that are gone.
    this.#life.startAnew();
    return imported;
  }

  close(): Promise<void> {
    return this.#life.close();
  }

  destroy(): void {
    this.#life.destroy();
  }

  async #export(withImage: boolean, { to, ...options }: ExportOptions): Promise<Exported> {
    if (!(await this.#life.syncGuest())) this.#events.emit("notice", deafExport());
    return this.#life.opened.transfer({ op: "export", withImage, ...(to ? { to } : {}) }, options);
  }
}
