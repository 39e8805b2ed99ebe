/** A computer driven from code: commands, files, servers and terminals of one machine. */
import { TabnixError } from "../../workers/shared/errors.ts";
import { RUN_OUTPUT_BYTES } from "../../workers/shared/limits.ts";
import {
  checkBytes,
  checkCommand,
  checkEnvironment,
  checkObject,
  checkPath,
  checkSignal,
  checkTimeout,
} from "./checks.ts";
import type { Abortable, RunOptions, RunResult, SandboxProcess, SpawnOptions } from "./contract.ts";
import type { SandboxEngine } from "./engine.ts";
import { SandboxFiles } from "./files.ts";
import { Lifetime } from "./lifetime.ts";
import { SandboxPorts } from "./ports.ts";
import { Process } from "./process.ts";
import { gather } from "./run.ts";
import { notRunning } from "./running.ts";
import type { SandboxTerminal, TerminalOptions } from "./terminal.ts";
import { timedOut } from "./timeout.ts";

export class Sandbox implements AsyncDisposable {
  /** Its files. */
  readonly fs: SandboxFiles;
  /** Its servers. */
  readonly ports: SandboxPorts;
  readonly #engine: SandboxEngine;
  readonly #env: Readonly<Record<string, string>>;
  readonly #lifetime = new Lifetime();
  #closing: Promise<void> | undefined;

  /** @param engine runs; use `createSandbox` to get one that does */
  constructor(engine: SandboxEngine, env: Readonly<Record<string, string>>) {
    this.#engine = engine;
    this.#env = env;
    this.fs = new SandboxFiles(engine.files, this.#lifetime);
    this.ports = new SandboxPorts(engine, this.#lifetime);
  }

  /**
   * Starts a program with pipes, as root.
   *
   * @param command a line for the image's shell, or a program with its arguments
   * @throws TabnixError `invalid-input`, `busy` (too many run), `guest-failed` (the machine has stopped),
   *   `closed`; the signal's reason
   */
  spawn(command: string | readonly string[], options: SpawnOptions = {}): SandboxProcess {
    return this.#start(command, options, []);
  }

  /**
   * Runs a command to its end, as root, and gathers what it says. A status other than 0 is no failure of the
   * call. What the command leaves running in the background goes on.
   *
   * @param command a line for the image's shell, or a program with its arguments
   * @throws TabnixError as {@link spawn}, and `timeout`, `full`; the signal's reason. Then it was killed.
   */
  async run(command: string | readonly string[], options: RunOptions = {}): Promise<RunResult> {
    checkObject(options, "The options");
    const { stdin, timeoutMs, maxOutputBytes = RUN_OUTPUT_BYTES } = options;
    checkBytes(maxOutputBytes, "maxOutputBytes");
    const message = `The command did not end within ${timeoutMs} ms, and was killed.`;
    const clock =
      timeoutMs === undefined
        ? undefined
        : timedOut(
            checkTimeout(timeoutMs),
            message,
            "Give it more time, or start it with spawn().",
          );
    try {
      const process = this.#start(command, options, [clock?.signal]);
      return await gather(process, { stdin, maxOutputBytes });
    } finally {
      clock?.stop();
    }
  }

  /**
   * Shows a terminal with a login shell in an element, whose size it takes and follows.
   *
   * @throws TabnixError `invalid-input`, `unsupported` outside of a page, `unreachable` when its part of the
   *   program cannot be loaded, `guest-failed`, `closed`
   */
  async terminal(element: HTMLElement, options: TerminalOptions = {}): Promise<SandboxTerminal> {
    this.#checkRunning();
    checkObject(options, "The options");
    if (typeof document === "undefined") {
      throw new TabnixError("unsupported", "There are terminals in pages only.", "Use spawn().");
    }
    const module = await import("./terminal.ts").catch((error: unknown) => {
      throw new TabnixError(
        "unreachable",
        "The terminal's part of the program could not be loaded.",
        "Check the connection and try again.",
        error,
      );
    });
    this.#checkRunning();
    return new module.SandboxTerminal(element, options, {
      open: (size) => {
        this.#checkRunning();
        return this.#engine.openTerminal(size);
      },
      closing: this.#lifetime.signal(),
    });
  }

  /**
   * Everything in which the files differ from the image, as one file: `createSandbox` takes it back, and so
   * does the page. Programs that run are not in it.
   *
   * @throws TabnixError `busy` (another is under way), `full`, `unsupported` (too many files), `closed`; the
   *   signal's reason
   */
  async snapshot(options: Abortable = {}): Promise<Blob> {
    this.#lifetime.check();
    checkObject(options, "The options");
    const { content } = await this.#lifetime.within(checkSignal(options.signal), (signal) =>
      this.#engine.exportChanges({ signal }),
    );
    if (content) return content;
    throw new TabnixError("guest-failed", "The export has no content.");
  }

  /**
   * Stops the machine. What was persisted is saved first; everything that waits fails with `closed`. Closing
   * again does nothing more.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#lifetime.end();
    this.ports.close();
    await this.#engine.close();
  }

  #start(
    command: string | readonly string[],
    options: SpawnOptions,
    signals: (AbortSignal | undefined)[],
  ): Process {
    this.#checkRunning();
    checkObject(options, "The options");
    const { cwd, env = {} } = options;
    const request = {
      command: checkCommand(command),
      environment: { ...this.#env, ...checkEnvironment(env) },
      ...(cwd === undefined ? {} : { directory: checkPath(cwd, "cwd") }),
    };
    const signal = this.#lifetime.signal(checkSignal(options.signal), ...signals);
    signal.throwIfAborted();
    return new Process(this.#engine.startProgram(request), signal);
  }

  /** @throws TabnixError `closed`, `guest-failed` */
  #checkRunning(): void {
    this.#lifetime.check();
    if (this.#engine.state === "running") return;
    throw notRunning();
  }
}
