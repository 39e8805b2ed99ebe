/**
 * One computer: a kernel worker, a machine worker and what joins them. The page's only way to both.
 */
import type { StorageKind } from "../workers/kernel/contract.ts";
import type { NetworkReport, RelaySettings } from "../workers/kernel/network/contract.ts";
import type { OutputDescriptor, ProgramRequest } from "../workers/machine/programs/contract.ts";
import type { TabnixError } from "../workers/shared/errors.ts";
import type { FileAccess } from "./file-access.ts";
import type { MachineTransfer } from "./machine-transfer.ts";

/** Where a boot stands. Bytes are compressed bytes on the wire; `total` 0 means not known. */
export interface BootProgress {
  stage: "manifest" | "download" | "restore" | "boot" | "ready";
  loaded: number;
  total: number;
  /** True when the machine starts from its kernel, because there is no snapshot or it does not fit. */
  coldBoot: boolean;
}

/** What runs where, for the status bar. */
export interface ComputerStatistics {
  memoryBytes: number;
  fetchedBytes: number;
  overlayBytes: number;
  /** Bytes that the overlay may have. */
  capacityBytes: number;
  /** Something of it is not durable yet. */
  isUnsaved: boolean;
  storage: StorageKind;
  /** The browser keeps what is saved also when room is short; undefined while it has not told. */
  isPersistent?: boolean | undefined;
}

export type ComputerState = "booting" | "running" | "stopped" | "failed";

export interface ComputerEvents {
  state: ComputerState;
  progress: BootProgress;
  /** Something to tell the visitor that does not stop the machine. */
  notice: TabnixError;
  /** Kernel messages, panics included. */
  log: string;
  /** TCP ports on which servers in the guest listen: all of them, each time that changes. */
  ports: readonly number[];
  /** How the way out of the machine stands, and what became of ports that are shared. */
  network: NetworkReport;
}

/** One terminal of the guest: a pty with a login shell. */
export interface TerminalSession {
  /** Keyboard input and pastes of any size; the session paces them. */
  write(data: string | Uint8Array): void;
  resize(rows: number, columns: number): void;
  /** Called with output; call `drawn` when it is on the screen, so that the guest may go on. */
  onOutput: (bytes: Uint8Array, drawn: () => void) => void;
  /** The shell ended with this status. */
  onExit: (status: number) => void;
  /** Hangs up. */
  close(): void;
}

/** How a program has ended: by itself or a signal, as a shell has it, or because it could not go on. */
export type ProgramEnd = { status: number } | { error: TabnixError };

/** One program of the guest with pipes. Calls after its end do nothing. */
export interface ProgramSession {
  /** Gives it input, which is copied. @returns settles when the program has taken it, or nobody will */
  write(bytes: Uint8Array): Promise<void>;
  /** Its input ends behind what was written. */
  endInput(): void;
  /** Called with output; say by {@link read} how much of it is done with, so that the guest may go on. */
  onOutput: (descriptor: OutputDescriptor, bytes: Uint8Array) => void;
  read(descriptor: OutputDescriptor, bytes: number): void;
  /** Nobody reads it any more: the program gets SIGPIPE when it writes. */
  stopReading(descriptor: OutputDescriptor): void;
  /** Sends a signal, by its number, to its process group. */
  signal(signal: number): void;
  /** Called once, behind all output. */
  onEnd: (how: ProgramEnd) => void;
}

export interface ComputerOptions {
  /**
   * Name of the image: its manifest is at `<imagesUrl>/<image>/manifest.json`. That of an imported machine is
   * `imported:<name>-<8 digits>`, and in this browser.
   */
  image: string;
  /** The folder `images/`, absolute, with a trailing slash. */
  imagesUrl: string;
  /** Boot from the kernel even when there is a snapshot. */
  coldBoot?: boolean;
  hostname?: string;
  /** {@link Files}; "saved" unless given. */
  files?: Files;
  /** Of its shells, over that of the image. With it, even an empty one, none has started before its files are there. */
  environment?: Readonly<Record<string, string>>;
  /** The image's relay is not used, whoever has set none. */
  withoutImageRelay?: boolean;
}

/**
 * Where what changes is kept: in this browser, for the next visit, where the browser can; the same, but
 * taken from the tab that has it; the same, but after all that is there was forgotten; or nowhere.
 */
export type Files = "saved" | "taken" | "erased" | "unsaved";

export interface Computer extends MachineTransfer {
  readonly state: ComputerState;
  /** Its files, from the first prompt on; also while the machine is off. */
  readonly files: FileAccess;
  /** TCP ports on which servers in the guest listen, in ascending order; none while it does not run. */
  readonly ports: readonly number[];
  on<K extends keyof ComputerEvents>(event: K, listener: (value: ComputerEvents[K]) => void): void;
  /** @throws TabnixError when there is no prompt; `hint` says what to do. */
  boot(): Promise<void>;
  /** Opens a terminal; several may be open at once. Only while running. */
  openTerminal(size: { rows: number; columns: number }): TerminalSession;
  /**
   * Starts a program with pipes. Only while running.
   *
   * @throws TabnixError `busy` when too many run
   */
  startProgram(request: ProgramRequest): ProgramSession;
  statistics(): Promise<ComputerStatistics>;
  /** Asks the guest to stop cleanly, then starts it again from its kernel. Open terminals end. */
  reboot(): Promise<void>;
  powerOff(): Promise<void>;
  /** Makes durable what the guest has written so far; a computer that keeps nothing does nothing. */
  save(): Promise<void>;
  /** Gives a service worker's port to the kernel worker, which answers it for pages of previews. */
  connectPreview(port: MessagePort): void;
  /** The relay that the image brings, once its manifest is there. */
  readonly imageRelay: RelaySettings | undefined;
  /** The relay that the machine goes out by from now on; without one the image's. It may be set before it starts. */
  useRelay(relay: RelaySettings | undefined): void;
  /**
   * Puts the machine on a network of tabs of this origin, in place of the one before; without a name, on none.
   * It becomes another host there, so its connections end. Reports of type `lan` say what comes of it. It may
   * be set before the machine starts.
   */
  joinNetwork(name: string | undefined): void;
  /**
   * Gives a port of the guest a public address at the relay; reports of type `share` say what comes of it.
   *
   * @param name the first part of the address, if it is free; the relay chooses one without it
   */
  share(port: number, name?: string): void;
  unshare(port: number): void;
  /** Saves what the guest has written, as far as this computer keeps anything, then stops as {@link destroy}. */
  close(): Promise<void>;
  /** Stops both workers at once. */
  destroy(): void;
}
