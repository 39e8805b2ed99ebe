/**
 * A guest under Node: the very machine and 9P server of the page, on a tree in this process. The
 * image builder configures packages and takes snapshots with it; tests and the benchmark use it too.
 */
import type { Mount } from "../../../workers/kernel/contract.ts";
import { Epochs } from "../../../workers/kernel/epoch.ts";
import type { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import { NinepServer } from "../../../workers/kernel/ninep/server.ts";
import { ServiceFiles } from "../../../workers/kernel/ninep/service-files.ts";
import type { Reply } from "../../../workers/kernel/ninep/session.ts";
import { Processes } from "../../../workers/kernel/process/processes.ts";
import type { WasiThreads } from "../../../workers/kernel/process/wasi-worker.ts";
import { openSessions } from "../../../workers/kernel/sessions.ts";
import type { Program } from "../../../workers/machine/agent/protocol.ts";
import type { EngineOptions } from "../../../workers/machine/engine.ts";
import { Machine, type MachineEvent } from "../../../workers/machine/machine.ts";
import { TabnixError } from "../../../workers/shared/errors.ts";
import { MAX_TERMINALS } from "../../../workers/shared/limits.ts";
import { engineModule } from "./engine-module.ts";

export interface GuestOptions {
  fs: FileSystem;
  bios: Uint8Array;
  /** Left out for a guest that goes on from a snapshot. */
  kernel?: EngineOptions["kernel"];
  memoryMegabytes: number;
  hostname?: string;
  /** What the guest's clock is set to; milliseconds since the epoch. */
  now?: number;
  /** Environment of commands. */
  environment?: Record<string, string>;
  /** Gets the frames that the guest sends; without it the guest has no network. */
  onFrame?: (frame: Uint8Array) => void;
  /** Gets the TCP ports on which something listens, when they have changed. */
  onPorts?: (ports: number[]) => void;
  /** Without them the guest runs no WebAssembly. */
  wasiThreads?: WasiThreads;
}

/** What a command left. */
export interface CommandResult {
  /** As a shell gives it. */
  status: number;
  /** Standard output and error, in the order written. */
  output: string;
}

/** One terminal of the guest, followed from here. */
interface Followed {
  onOutput: (text: string) => void;
  onExit: (status: number) => void;
}

const SIZE = { rows: 24, columns: 80 };
const ENVIRONMENT = {
  HOME: "/root",
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  LANG: "C.UTF-8",
  TERM: "dumb",
};

export class Guest {
  readonly fs: FileSystem;
  readonly server: NinepServer;
  readonly machine: Machine;
  private readonly options: GuestOptions;
  private readonly followed: Map<number, Followed>;
  private readonly fate: Fate;

  private constructor(options: GuestOptions, parts: Parts) {
    this.options = options;
    this.fs = options.fs;
    this.server = parts.server;
    this.machine = parts.machine;
    this.followed = parts.followed;
    this.fate = parts.fate;
  }

  /** Makes a guest, not yet running. */
  static async create(options: GuestOptions): Promise<Guest> {
    const { fs, wasiThreads } = options;
    const server = new NinepServer(fs);
    const fate = new Fate();
    const epochs = new Epochs();
    fs.watch(epochs.changed);
    const forget = { dropCaches: true, scrubMemory: false };
    const onUntoldChange = () => void machine.settle(forget);
    const processes = wasiThreads && new Processes({ fs, threads: wasiThreads, onUntoldChange });
    const sessions = openSessions(server, {
      epochs,
      onFailure: (error) => fate.log(`${String(error)}\n`),
      ...(processes ? { service: new ServiceFiles(() => processes.open()) } : {}),
    });
    const followed = new Map<number, Followed>();
    const decoders = new Map<number, TextDecoder>();
    const onEvent = (event: MachineEvent) => {
      if (event.type === "log") fate.log(event.text);
      else if (event.type === "stopped") fate.end(event.reason);
      else if (event.type === "ports") options.onPorts?.(event.ports);
      else if (event.type === "exit") {
        const ended = followed.get(event.terminal);
        followed.delete(event.terminal);
        decoders.delete(event.terminal);
        ended?.onExit(event.status);
      } else if (event.type === "output") {
        machine.drawn(event.terminal, event.bytes.length);
        const decoder = decoders.get(event.terminal) ?? new TextDecoder();
        decoders.set(event.terminal, decoder);
        followed.get(event.terminal)?.onOutput(decoder.decode(event.bytes, { stream: true }));
      }
    };
    const told: Record<Mount, number> = { system: 0, live: 0 };
    epochs.follow((mount, epoch) => {
      told[mount] = epoch;
    });
    const transport = {
      epoch: (mount: Mount) => told[mount],
      request: (mount: Mount, bytes: Uint8Array, reply: Reply) =>
        sessions[mount].handle(bytes, reply),
    };
    const machine = await Machine.create({
      module: await engineModule(),
      memoryMegabytes: options.memoryMegabytes,
      bios: options.bios,
      ...(options.kernel ? { kernel: options.kernel } : {}),
      transport,
      onEvent,
      ...(options.onFrame ? { onFrame: options.onFrame } : {}),
    });
    return new Guest(options, { server, machine, followed, fate });
  }

  /** Makes a guest and boots it until its agent answers. */
  static async boot(options: GuestOptions): Promise<Guest> {
    const guest = await Guest.create(options);
    const { hostname = "tabnix", now } = options;
    await guest.fate.orFail(
      guest.machine.boot({ hostname, ...(now === undefined ? {} : { now }) }),
    );
    return guest;
  }

  /** Goes on from a snapshot of the machine; the tree and the sessions have been restored. */
  async restore(snapshot: Uint8Array): Promise<void> {
    const { hostname = "tabnix" } = this.options;
    await this.fate.orFail(this.machine.restore(snapshot, { hostname }));
  }

  /**
   * Runs a command with /bin/sh, as root.
   *
   * @param onOutput gets the output as it comes
   * @throws TabnixError `guest-failed` when the machine stops meanwhile
   */
  async run(command: string, onOutput: (text: string) => void = () => {}): Promise<CommandResult> {
    let output = "";
    const status = await this.fate.orFail(
      this.open(
        {
          argv: ["/bin/sh", "-c", command],
          environment: { ...ENVIRONMENT, ...this.options.environment },
          directory: "/",
          raw: true,
        },
        (text) => {
          output += text;
          onOutput(text);
        },
      ),
    );
    return { status, output };
  }

  /** Starts a program on a free terminal, counted from the last; settles with its status. */
  open(program: Program, onOutput: (text: string) => void): Promise<number> {
    let id = MAX_TERMINALS - 1;
    while (this.followed.has(id)) id--;
    return new Promise((resolve) => {
      this.followed.set(id, { onOutput, onExit: resolve });
      this.machine.openTerminal(id, SIZE, program, "");
    });
  }

  /** `work`, or an error as soon as the machine stops. */
  orFail<T>(work: Promise<T>): Promise<T> {
    return this.fate.orFail(work);
  }

  /** Follows a terminal that was opened by its number. */
  follow(id: number, onOutput: (text: string) => void): void {
    this.followed.set(id, { onOutput, onExit: () => {} });
  }

  /** Starts the guest and settles when it has stopped by itself: for guests without an agent. */
  async runUntilStopped(): Promise<void> {
    await this.machine.start();
    await this.fate.ended;
  }

  /** Gives memory and timers back. */
  async destroy(): Promise<void> {
    await this.machine.destroy();
  }
}

interface Parts {
  server: NinepServer;
  machine: Machine;
  followed: Map<number, Followed>;
  fate: Fate;
}

/** Whether the machine still runs, and its kernel's last words. */
class Fate {
  readonly ended: Promise<string>;
  private resolveEnded: (reason: string) => void = () => {};
  private readonly lines: string[] = [];

  constructor() {
    this.ended = new Promise((resolve) => {
      this.resolveEnded = resolve;
    });
  }

  log(text: string): void {
    this.lines.push(text);
    this.lines.splice(0, this.lines.length - 30);
  }

  end(reason: string): void {
    this.resolveEnded(reason);
  }

  /** `work`, or an error as soon as the machine stops. */
  orFail<T>(work: Promise<T>): Promise<T> {
    const failure = this.ended.then((reason): never => {
      throw new TabnixError(
        "guest-failed",
        `The guest stopped (${reason}) while it was needed. Its kernel said:\n${this.lines.join("")}`,
        "Try again; if it stays, try the other kernel.",
      );
    });
    return Promise.race([work, failure]);
  }
}
