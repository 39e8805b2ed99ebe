import type { Notices } from "../notices.ts";

const messageOf = (port: number) => `Port ${port} is open.`;

/** Says once of each server that begins to listen that it can be looked at. */
export class PortNotices {
  readonly #notices: Notices;
  readonly #open: (port: number) => void;
  #known: readonly number[] = [];

  /** @param open shows what the server on a port has */
  constructor(notices: Notices, open: (port: number) => void) {
    this.#notices = notices;
    this.#open = open;
  }

  /** The visitor sees them elsewhere now. */
  clear(): void {
    for (const port of this.#known) this.#notices.dismiss(messageOf(port));
  }

  /** @param ports all that listen now @param isSeen the visitor sees them anyhow */
  show(ports: readonly number[], isSeen: boolean): void {
    for (const port of this.#known) {
      if (!ports.includes(port)) this.#notices.dismiss(messageOf(port));
    }
    for (const port of ports) {
      if (this.#known.includes(port) || isSeen) continue;
      const hint = "A server in the machine listens on it.";
      const action = { label: "Open", onChoose: () => this.#open(port) };
      this.#notices.show({ message: messageOf(port), hint }, action);
    }
    this.#known = ports;
  }
}
