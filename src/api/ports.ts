/** Servers in a sandbox: the TCP ports on which something listens. */
import { checkObject, checkPort, checkSignal, checkTimeout } from "./checks.ts";
import type { Abortable } from "./contract.ts";
import type { SandboxEngine } from "./engine.ts";
import type { Lifetime } from "./lifetime.ts";
import type { PortFetch } from "./port-fetch.ts";
import { notRunning, onStopped } from "./running.ts";
import { timedOut } from "./timeout.ts";

/** Told of ports that have opened. */
type Follower = (opened: readonly number[]) => void;

export class SandboxPorts {
  readonly #engine: SandboxEngine;
  readonly #lifetime: Lifetime;
  readonly #followers = new Set<Follower>();
  /** Nobody listens any more, and nobody will. */
  readonly #stopped = new AbortController();
  #fetch: Promise<PortFetch> | undefined;

  constructor(engine: SandboxEngine, lifetime: Lifetime) {
    this.#engine = engine;
    this.#lifetime = lifetime;
    onStopped(engine, () => this.#stopped.abort(notRunning()));
    let before: readonly number[] = engine.ports;
    engine.on("ports", (ports) => {
      const opened = ports.filter((port) => !before.includes(port));
      before = ports;
      for (const follower of [...this.#followers]) follower(opened);
    });
  }

  /** Those that are open now, in ascending order. */
  get list(): readonly number[] {
    return this.#engine.ports;
  }

  /**
   * Each port that opens from the first step on, as `for await (const port of sandbox.ports.opened())`.
   *
   * @throws TabnixError `closed`, `guest-failed` when the machine stops; the signal's reason
   */
  async *opened(options: Abortable = {}): AsyncGenerator<number, never, void> {
    checkObject(options, "The options");
    const signal = this.#lifetime.signal(checkSignal(options.signal), this.#stopped.signal);
    const waiting = new Set<number>();
    let wake = () => {};
    const follower: Follower = (ports) => {
      for (const port of ports) waiting.add(port);
      wake();
    };
    const abort = () => wake();
    this.#followers.add(follower);
    signal.addEventListener("abort", abort);
    try {
      for (;;) {
        signal.throwIfAborted();
        const [port] = waiting;
        if (port === undefined) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        } else {
          waiting.delete(port);
          yield port;
        }
      }
    } finally {
      this.#followers.delete(follower);
      signal.removeEventListener("abort", abort);
    }
  }

  /**
   * Settles when something listens on a port, at once if it does already.
   *
   * @throws TabnixError `invalid-input`, `timeout`, `closed`, `guest-failed` when the machine stops; the
   *   signal's reason
   */
  async waitFor(port: number, options: Abortable & { timeoutMs?: number } = {}): Promise<void> {
    this.#lifetime.check();
    checkPort(port);
    checkObject(options, "The options");
    const { timeoutMs } = options;
    const message = `Nothing listened on port ${port} within ${timeoutMs} ms.`;
    const clock = timeoutMs === undefined ? undefined : timedOut(checkTimeout(timeoutMs), message);
    const signal = this.#lifetime.signal(checkSignal(options.signal), clock?.signal);
    try {
      signal.throwIfAborted();
      if (this.list.includes(port)) return;
      for await (const opened of this.opened({ signal })) if (opened === port) return;
    } finally {
      clock?.stop();
    }
  }

  /**
   * Asks a server in the sandbox, past any network. Redirections are not followed, and cookies are kept as a
   * browser keeps them, for the sandbox.
   *
   * @param request a path with its query, or a Request, of whose address only these count
   * @throws TabnixError `unreachable` when nothing answers, `malformed` when it is no HTTP; `closed`; the
   *   signal's reason
   */
  async fetch(port: number, request: string | Request, init?: RequestInit): Promise<Response> {
    this.#lifetime.check();
    checkPort(port);
    const address =
      typeof request === "string" ? new URL(request, `http://localhost:${port}`) : request;
    const asked = new Request(address, init);
    this.#fetch ??= import("./port-fetch.ts").then(
      (module) => new module.PortFetch((end) => this.#engine.connectPreview(end)),
    );
    const { signal } = asked;
    return this.#lifetime.within(signal, async (both) =>
      (await this.#fetch!).fetch(port, asked, both),
    );
  }

  /** The way to servers is given back. */
  close(): void {
    void this.#fetch?.then((fetch) => fetch.close());
  }
}
