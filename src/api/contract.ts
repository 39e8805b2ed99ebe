/// <reference lib="esnext.disposable" preserve="true" />
/** What the API of sandboxes takes and gives. Times are milliseconds, sizes bytes, paths absolute. */
import type { RelaySettings } from "../../workers/kernel/network/contract.ts";
import type { TabnixError } from "../../workers/shared/errors.ts";
import type { BootProgress } from "../computer.ts";
import type { SignalName } from "./signals.ts";

export type { BootProgress, RelaySettings };

/** Contents of a file. Text is written as UTF-8. */
export type FileContent = string | Uint8Array | Blob;

/** What a program reads. Text is given as UTF-8; a stream is read as fast as the program reads it. */
export type Input = FileContent | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array | string>;

export interface SandboxOptions {
  /** The name of an image, as `base`. */
  image: string;
  /**
   * The folder `images/` of a site. In a page it may be relative to the page's address, and is `images/`
   * unless given; under Node it is an address or a folder of the computer, and has to be given.
   */
  base?: string | URL;
  /** Files to write before the sandbox is given out, by their paths; folders are made as they are needed. */
  files?: Readonly<Record<string, FileContent>>;
  /** Environment of all its programs; goes over the image's own. */
  env?: Readonly<Record<string, string>>;
  /** How it reaches others; without it by the relay that the image names, if it does. */
  network?: SandboxNetwork;
  /** Its name on its network; `tabnix` unless given. */
  hostname?: string;
  /**
   * Keeps what it changes in this browser, one set of files for each image, where the page of the same site
   * has it too. Unless given, all is forgotten when it is closed.
   */
  persist?: boolean;
  /** What {@link Sandbox.snapshot} gave, of the same version of the same image: the files begin as they were. */
  snapshot?: Blob;
  /** Ends the start, which then fails with the signal's reason. It has no meaning for a started sandbox. */
  signal?: AbortSignal;
  /** Told how far the start is. */
  onProgress?: (progress: BootProgress) => void;
  /** Told of what goes wrong and stops nothing: a damaged file, changes that could not be kept. */
  onNotice?: (notice: TabnixError) => void;
}

export interface SandboxNetwork {
  /** The relay to go out by. */
  relay?: RelaySettings;
  /** A network of sandboxes and tabs of this origin, by its name. */
  lan?: string;
}

/** For what may take long. */
export interface Abortable {
  /** Ends it; it fails with the signal's reason. */
  signal?: AbortSignal;
}

export interface SpawnOptions extends Abortable {
  /** The folder to run in; root's home unless given. */
  cwd?: string;
  /** Goes over the environment of the sandbox. */
  env?: Readonly<Record<string, string>>;
}

export interface RunOptions extends SpawnOptions {
  /** Standard input; empty unless given. */
  stdin?: Input;
  /** After so many milliseconds it is killed, and the call fails with `timeout`. */
  timeoutMs?: number;
  /** The most that is gathered, of each output: 64 MiB unless given. Beyond, it is killed: `full`. */
  maxOutputBytes?: number;
}

/** What a command left. */
export interface RunResult {
  /** Standard output, as UTF-8. */
  stdout: string;
  /** Standard error, as UTF-8. */
  stderr: string;
  /** As a shell has it: the exit status, or 128 + the signal that ended it. */
  status: number;
}

/** A program that runs, with pipes. Its outputs have to be read or cancelled: it waits when they are full. */
export interface SandboxProcess extends AsyncDisposable {
  /** Standard input. `close` ends it; what nobody reads any more is thrown away. */
  readonly stdin: WritableStream<Uint8Array | string>;
  /** Standard output, to be read once. Cancelled, the program gets SIGPIPE. It ends with the program. */
  readonly stdout: ReadableStream<Uint8Array>;
  /** Standard error, as {@link stdout}. */
  readonly stderr: ReadableStream<Uint8Array>;
  /**
   * The status, as a shell has it, behind all output. Fails with `guest-failed` when the machine stops,
   * `closed` when the sandbox is closed, `invalid-input` when the command is too long, and the signal's reason.
   */
  readonly exit: Promise<number>;
  /** Sends a signal to the program and those that it has started; SIGTERM unless given. */
  kill(signal?: SignalName): void;
}
