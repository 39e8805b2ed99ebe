/** How far a start has come: what both workers have fetched, as one count. */
import type { BootProgress } from "../computer.ts";

const NOTHING = { loaded: 0, total: 0 };

export class StartProgress {
  /** The machine starts from its kernel. */
  coldBoot = false;
  readonly #tell: (progress: BootProgress) => void;
  #kernel = NOTHING;
  #machine = NOTHING;

  constructor(tell: (progress: BootProgress) => void) {
    this.#tell = tell;
  }

  /** Bytes that the machine worker has fetched for this start. */
  get machineBytes(): number {
    return this.#machine.loaded;
  }

  /** Files and machine start. */
  begin(): void {
    this.#kernel = NOTHING;
    this.beginMachine();
  }

  /** A machine starts on files that are there. */
  beginMachine(): void {
    this.#machine = NOTHING;
  }

  /** Compressed bytes of the kernel worker. */
  kernel(loaded: number, total: number): void {
    this.#kernel = { loaded, total };
    this.stage("download");
  }

  /** Compressed bytes of the machine worker. */
  machine(loaded: number, total: number): void {
    this.#machine = { loaded, total };
    this.stage("download");
  }

  stage(stage: BootProgress["stage"]): void {
    this.#tell({
      stage,
      loaded: this.#kernel.loaded + this.#machine.loaded,
      total: this.#kernel.total + this.#machine.total,
      coldBoot: this.coldBoot,
    });
  }
}
