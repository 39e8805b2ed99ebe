/**
 * The machine worker's side of workers/machine/contract.ts: turns messages of the page into calls of
 * one {@link Machine}, and its events into messages.
 */
import type { Manifest } from "../../images/format/manifest.ts";
import type { NinepLink, ToNetworkCard } from "../kernel/contract.ts";
import { TabnixError, toErrorMessage } from "../shared/errors.ts";
import type { ObjectStore, StoreLocation } from "../shared/store.ts";
import type { EngineFile, FromMachine, MachineStage, ToMachine } from "./contract.ts";
import { type BootFiles, loadBootFiles, loadEngine, type Progress } from "./loader.ts";
import type { Machine, MachineEvent } from "./machine.ts";
import { OutputBatches } from "./output-batches.ts";
import { PortTransport } from "./port-transport.ts";
import { ProgramService } from "./programs/program-service.ts";
import { loginShell } from "./shell.ts";

export class MachineService {
  private readonly post: (message: FromMachine, transfer?: Transferable[]) => void;
  private readonly openStore: (location: StoreLocation) => Promise<ObjectStore>;
  private readonly loadEngine: (file: EngineFile) => Promise<WebAssembly.Module>;
  private link: NinepLink | undefined;
  private isClosed = false;
  /** v86 is nearly all of the worker's code: the downloads start before it is there. */
  private readonly code = import("./machine.ts");
  private readonly output = new OutputBatches((terminal, bytes) =>
    this.post({ type: "terminal-output", terminal, bytes }, [bytes.buffer]),
  );
  private machine: Machine | undefined;
  private programs: ProgramService | undefined;
  private manifest: Manifest | undefined;
  private hostname = "";
  private environment: Readonly<Record<string, string>> | undefined;

  constructor(
    post: (message: FromMachine, transfer?: Transferable[]) => void,
    openStore: (location: StoreLocation) => Promise<ObjectStore>,
    engine: (file: EngineFile) => Promise<WebAssembly.Module> = loadEngine,
  ) {
    this.loadEngine = engine;
    this.post = post;
    this.openStore = openStore;
  }

  /** Takes one message. Failures become `failed` messages. */
  async handle(message: ToMachine): Promise<void> {
    try {
      if (message.type === "boot") await this.boot(message);
      else if (message.type === "statistics") this.sendStatistics();
      else if (message.type === "sync") await this.sync(message.forget);
      else if (this.machine) this.command(this.machine, message);
    } catch (error) {
      this.post({ type: "failed", error: toErrorMessage(error, "guest-failed") });
    }
  }

  /** Ends the machine at once, where no worker ends with it. */
  close(): void {
    this.isClosed = true;
    this.link?.port.close();
    this.link?.frames.close();
    void this.machine?.destroy();
  }

  private async boot(message: Extract<ToMachine, { type: "boot" }>): Promise<void> {
    const { manifest, fromSnapshot, hostname } = message;
    this.manifest = manifest;
    this.hostname = hostname;
    this.environment = message.environment;
    const engine = this.loadEngine(message.engine);
    const store = this.openStore(message.location);
    const transport = new PortTransport(message.kernel);
    this.link = message.kernel;
    const { frames } = message.kernel;
    const create = async (module: WebAssembly.Module, files: Partial<BootFiles>) => {
      const { Machine } = await this.code;
      const machine = await Machine.create({
        module,
        memoryMegabytes: manifest.memoryMegabytes,
        // A snapshot's memory holds the BIOS.
        bios: new Uint8Array(0),
        ...files,
        transport,
        onFrame: (frame) => frames.postMessage(frame, [frame.buffer]),
        onEvent: (event) => this.onEvent(event),
      });
      if (!this.isClosed) return machine;
      await machine.destroy();
      throw new TabnixError("closed", "The machine was thrown away while it started.");
    };
    if (fromSnapshot && manifest.snapshot) {
      const { machine } = manifest.snapshot;
      const [created, snapshot] = await Promise.all([
        engine.then((module) => create(module, {})),
        store.then((from) => from.get(machine, { onProgress: this.progress("snapshot") })),
      ]);
      this.progress("restore")(0, 0);
      this.machine = created;
      await created.restore(snapshot, { hostname });
    } else {
      const [module, files] = await Promise.all([
        engine,
        store.then((from) => loadBootFiles(from, manifest, this.progress("kernel"))),
      ]);
      this.progress("boot")(0, 0);
      this.machine = await create(module, files);
      await this.machine.boot({ hostname });
    }
    const machine = this.machine;
    this.programs = new ProgramService(machine, manifest, (report, transfer) =>
      this.post({ type: "programs", report }, transfer),
    );
    frames.onmessage = ({ data }: MessageEvent<ToNetworkCard>) => {
      if (data instanceof Uint8Array) machine.receiveFrame(data);
      else machine.identify(data);
    };
    this.post({ type: "ready" });
  }

  private async sync(forget: boolean): Promise<void> {
    await this.machine?.settle({ dropCaches: forget, scrubMemory: false });
    this.post({ type: "synced" });
  }

  private progress(stage: MachineStage): Progress {
    return (loaded, total) => this.post({ type: "progress", stage, loaded, total });
  }

  private command(
    machine: Machine,
    message: Exclude<ToMachine, { type: "boot" | "sync" | "statistics" }>,
  ): void {
    switch (message.type) {
      case "terminal-open":
        machine.openTerminal(
          message.terminal,
          message,
          this.shell(),
          this.environment ? undefined : this.hostname,
        );
        break;
      case "terminal-input":
        machine.input(message.terminal, message.bytes);
        break;
      case "terminal-resize":
        machine.resize(message.terminal, message);
        break;
      case "terminal-drawn":
        machine.drawn(message.terminal, message.bytes);
        break;
      case "terminal-close":
        machine.closeTerminal(message.terminal);
        break;
      case "programs":
        this.programs?.handle(message.request);
        break;
      case "power":
        machine.power(message.action);
        break;
    }
  }

  private shell() {
    if (!this.manifest) throw new TabnixError("invalid-input", "The machine has not been started.");
    return loginShell(this.manifest, this.environment);
  }

  private onEvent(event: MachineEvent): void {
    switch (event.type) {
      case "output":
        this.output.add(event.terminal, event.bytes);
        break;
      case "exit":
        this.output.end(event.terminal);
        this.post({ type: "terminal-exit", terminal: event.terminal, status: event.status });
        break;
      case "program-output":
      case "program-taken":
      case "program-exit":
        this.programs?.report(event);
        break;
      default:
        this.post(event);
    }
  }

  private sendStatistics(): void {
    this.post({
      type: "statistics",
      statistics: {
        memoryBytes: (this.manifest?.memoryMegabytes ?? 0) * 1024 * 1024,
        instructions: this.machine?.instructions ?? 0,
      },
    });
  }
}
