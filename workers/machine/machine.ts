/**
 * One virtual machine: boots from a kernel or goes on from a snapshot, carries terminals through the
 * guest's agent, and stops cleanly. It knows no DOM and no files: 9P requests go out through
 * {@link NinepTransport}. The same class runs in the browser's worker, in the image builder and in
 * the tests.
 */
import type { Mount } from "../kernel/contract.ts";
import type { HostIdentity } from "../kernel/network/contract.ts";
import { MAC_BYTES, randomMac, writeMac } from "../kernel/network/link/addresses.ts";
import { TabnixError } from "../shared/errors.ts";
import { Agent, type AgentEvent } from "./agent/agent.ts";
import type { AgentPrograms, ProgramEvent } from "./agent/programs.ts";
import { PROTOCOL_VERSION, type Program } from "./agent/protocol.ts";
import {
  AGENT_PORT,
  addEpochPorts,
  addLiveDevice,
  makePortsPlain,
  shareInterruptLines,
} from "./devices.ts";
import { createEngine, type Engine, type EngineOptions, restoreState } from "./engine.ts";
import { KernelLog } from "./kernel-log.ts";
import { NetworkDevice } from "./network-device.ts";
import { fasterYield } from "./scheduling.ts";
import { decodeSnapshot, encodeSnapshot, type SavedTerminal } from "./snapshot.ts";

/** Where 9P requests go. Replies may come in any order, each exactly once. */
export interface NinepTransport {
  request(mount: Mount, bytes: Uint8Array, reply: (bytes: Uint8Array) => void): void;
  /** The epoch of a mount, 0 while it is not known: workers/kernel/epoch.ts. */
  epoch(mount: Mount): number;
}

export type MachineEvent =
  | { type: "log"; text: string }
  | { type: "output"; terminal: number; bytes: Uint8Array }
  | { type: "exit"; terminal: number; status: number }
  | ProgramEvent
  /** The TCP ports on which programs of the guest listen, ascending: whenever they have changed. */
  | { type: "ports"; ports: number[] }
  | { type: "stopped"; reason: "reboot" | "power-off" | "panic" };

export interface MachineOptions {
  module: WebAssembly.Module;
  memoryMegabytes: number;
  bios: Uint8Array;
  /** Left out for a machine that goes on from a snapshot. */
  kernel?: EngineOptions["kernel"];
  transport: NinepTransport;
  onEvent: (event: MachineEvent) => void;
  /**
   * Gets each Ethernet frame that the guest sends; the bytes are the receiver's. Without it the machine
   * has no network: the guest's interface stays down.
   */
  onFrame?: (frame: Uint8Array) => void;
}

export class Machine {
  private readonly options: MachineOptions;
  private readonly engine: Engine;
  private readonly agent: Agent;
  private readonly reassertInterrupts: () => void;
  private readonly log: KernelLog;
  private readonly network: NetworkDevice;
  private readonly inFlight: InFlight;
  private hello: ((version: number) => void) | undefined;
  private stopped = false;
  private savedTerminals: SavedTerminal[] = [];
  /** Terminals of the snapshot that are ending, and what opens the new ones. */
  private readonly replacements = new Map<number, () => void>();

  private constructor(options: MachineOptions, engine: Engine, inFlight: InFlight) {
    this.options = options;
    this.engine = engine;
    this.inFlight = inFlight;
    this.reassertInterrupts = shareInterruptLines(engine.v86.cpu);
    makePortsPlain(engine.v86.cpu);
    addLiveDevice(engine.v86.cpu, (bytes, reply) =>
      forward(options, inFlight, "live", bytes, reply),
    );
    addEpochPorts(engine.v86.cpu, (mount) => options.transport.epoch(mount));
    fasterYield(engine);
    this.agent = new Agent(
      { write: (bytes) => engine.bus.send(`virtio-console${AGENT_PORT}-input-bytes`, bytes) },
      (event) => this.onAgentEvent(event),
    );
    engine.add_listener(`virtio-console${AGENT_PORT}-output-bytes`, (bytes: Uint8Array) =>
      this.agent.receive(bytes),
    );
    this.network = new NetworkDevice(engine.v86.cpu, options.onFrame);
    this.log = new KernelLog((text, panic) => {
      options.onEvent({ type: "log", text });
      if (panic) this.stop("panic");
    });
    engine.add_listener("serial0-output-byte", (byte: number) => this.log.write(byte));
    // The guest's kernel reset or halted the processor itself: `reboot -f`, or nobody listens.
    engine.v86.cpu.reboot_internal = () => this.stop("reboot");
    engine.add_listener("cpu-event-halt", () => this.stop("power-off"));
  }

  /** Makes a machine with its devices, not yet running. */
  static async create(options: MachineOptions): Promise<Machine> {
    const inFlight = new InFlight();
    const engine = await createEngine({
      module: options.module,
      memoryMegabytes: options.memoryMegabytes,
      bios: options.bios,
      ...(options.kernel ? { kernel: options.kernel } : {}),
      handle9p: (bytes, reply) => forward(options, inFlight, "system", bytes, reply),
    });
    return new Machine(options, engine, inFlight);
  }

  /** Programs with pipes. */
  get programs(): AgentPrograms {
    return this.agent.programs;
  }

  /** Millions of guest instructions run. */
  get instructions(): number {
    return this.engine.get_instruction_counter() / 1e6;
  }

  /** Gives an Ethernet frame to the guest. It is lost where a network's would be: see {@link NetworkDevice}. */
  receiveFrame(frame: Uint8Array): void {
    if (!this.stopped) this.network.receive(frame);
  }

  /** Makes the guest another host; with another hardware address, it asks for an address anew at once. */
  identify({ hostname, hardware }: HostIdentity): void {
    this.agent.setHostname(hostname);
    if (hardware === undefined) return;
    const bytes = new Uint8Array(MAC_BYTES);
    writeMac(bytes, 0, hardware);
    this.agent.setHardwareAddress(bytes);
  }

  /** Frames that the guest could not take. */
  get droppedFrames(): number {
    return this.network.dropped;
  }

  /** Starts the kernel and waits for nothing: for guests without an agent. */
  async start(): Promise<void> {
    await this.engine.run();
  }

  /** Starts the kernel and waits for the agent's hello; `now` is what the guest's clock is set to. */
  async boot(options: { hostname: string; now?: number }): Promise<void> {
    const hello = this.nextHello();
    await this.start();
    await hello;
    this.refresh(options.hostname, options.now);
  }

  /**
   * Goes on from a snapshot: sets clock, entropy, name and, with a network, the hardware address afresh.
   *
   * @throws TabnixError `malformed` when the bytes are no snapshot of this engine
   */
  async restore(snapshot: Uint8Array, options: { hostname: string }): Promise<void> {
    const { terminals, state } = decodeSnapshot(snapshot);
    try {
      await restoreState(this.engine, state);
    } catch (error) {
      throw new TabnixError(
        "malformed",
        "The emulator cannot restore the snapshot.",
        "Start without the snapshot, or build the image again.",
        error,
      );
    }
    this.reassertInterrupts();
    this.savedTerminals = terminals;
    for (const terminal of terminals) this.agent.adopt(terminal.id);
    const hello = this.nextHello();
    await this.engine.run();
    this.refresh(options.hostname);
    this.agent.ping();
    await hello;
  }

  /**
   * Opens terminal `id`. A terminal that the snapshot holds open goes on where it was, when it is a
   * shell on a machine of the same name; its prompt is output again.
   *
   * @param hostname undefined when a shell of the snapshot would not do, whatever its machine was called
   * @throws TabnixError `invalid-input`
   */
  openTerminal(
    id: number,
    size: { rows: number; columns: number },
    program: Program,
    hostname: string | undefined,
  ): void {
    const saved = this.savedTerminals.find((terminal) => terminal.id === id);
    if (!saved) {
      this.agent.open(id, program, size);
      return;
    }
    this.savedTerminals = this.savedTerminals.filter((terminal) => terminal !== saved);
    if (saved.hostname !== hostname) {
      // A new shell takes its place when it has ended.
      this.replacements.set(id, () => this.agent.open(id, program, size));
      this.agent.close(id);
      return;
    }
    const bytes = new TextEncoder().encode(saved.screen);
    this.options.onEvent({ type: "output", terminal: id, bytes });
    this.agent.resize(id, size);
  }

  input(id: number, bytes: Uint8Array): void {
    this.agent.input(id, bytes);
  }

  /** The page has shown so many bytes of output. */
  drawn(id: number, bytes: number): void {
    this.agent.drawn(id, bytes);
  }

  resize(id: number, size: { rows: number; columns: number }): void {
    this.agent.resize(id, size);
  }

  closeTerminal(id: number): void {
    this.agent.close(id);
  }

  /** Asks the guest to stop; the stopped event follows. */
  power(action: "reboot" | "power-off"): void {
    this.agent.power(action);
  }

  /** Makes the guest write its caches out, and optionally forget them. */
  settle(options: { dropCaches: boolean; scrubMemory: boolean }): Promise<void> {
    return this.agent.settle(options);
  }

  /**
   * Takes a snapshot and leaves the machine stopped: the caller saves the filesystem in the same
   * state. Terminals in `terminals` are part of it.
   */
  async save(terminals: SavedTerminal[]): Promise<Uint8Array> {
    while (!this.agent.idle) await nextTurn();
    await this.engine.stop();
    await this.inFlight.none();
    return encodeSnapshot({ terminals, state: await this.engine.save_state() });
  }

  /** Stops at once and gives everything back. */
  async destroy(): Promise<void> {
    this.stopped = true;
    await this.engine.destroy();
  }

  private nextHello(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.hello = (version) => {
        this.hello = undefined;
        if (version === PROTOCOL_VERSION) return resolve();
        reject(
          new TabnixError(
            "wrong-version",
            `The image's agent speaks version ${version}; this Tabnix speaks ${PROTOCOL_VERSION}.`,
            "Build the image again with the same version of Tabnix.",
          ),
        );
      };
    });
  }

  private refresh(hostname: string, now = Date.now()): void {
    this.agent.setClock(now);
    this.agent.addEntropy(crypto.getRandomValues(new Uint8Array(64)));
    this.identify({ hostname, ...(this.options.onFrame ? { hardware: randomMac() } : {}) });
  }

  private onAgentEvent(event: AgentEvent): void {
    switch (event.type) {
      case "hello":
        this.hello?.(event.version);
        break;
      case "powering":
        this.stop(event.action);
        break;
      case "ports":
      case "program-output":
      case "program-taken":
      case "program-exit":
        this.options.onEvent(event);
        break;
      case "output":
        if (!this.replacements.has(event.terminal)) this.options.onEvent(event);
        break;
      case "exit": {
        const replace = this.replacements.get(event.terminal);
        this.replacements.delete(event.terminal);
        if (replace) replace();
        else this.options.onEvent(event);
        break;
      }
    }
  }

  private stop(reason: "reboot" | "power-off" | "panic"): void {
    if (this.stopped) return;
    this.stopped = true;
    void this.engine.stop();
    this.log.flush();
    this.options.onEvent({ type: "stopped", reason });
  }
}

/** Counts requests without a reply: v86 cannot save its state while there is one. */
class InFlight {
  private count = 0;
  private waiting: (() => void)[] = [];

  begin(): void {
    this.count++;
  }

  end(): void {
    if (--this.count > 0) return;
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  none(): Promise<void> {
    if (this.count === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.waiting.push(resolve);
    });
  }
}

/** Lets the event loop turn, in which the guest runs. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

function forward(
  options: MachineOptions,
  inFlight: InFlight,
  mount: Mount,
  bytes: Uint8Array,
  reply: (bytes: Uint8Array) => void,
): void {
  inFlight.begin();
  options.transport.request(mount, bytes, (answer) => {
    reply(answer);
    inFlight.end();
  });
}
