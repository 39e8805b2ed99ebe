/** The machine's ports with a public address: tells the visitor of each, and lets him end it. */
import type { NetworkReport } from "../../workers/kernel/network/contract.ts";
import type { NoticeAction, Notices } from "./notices.ts";

/** A port that the public reaches, and where. */
export interface PublicPort {
  port: number;
  address: string;
}

export interface PublicPortsOptions {
  notices: Pick<Notices, "show" | "dismiss">;
  copy(text: string): void;
  /** Ends the sharing of a port. */
  stop(port: number): void;
}

type Share = Extract<NetworkReport, { type: "share" }>;

export class PublicPorts {
  readonly #options: PublicPortsOptions;
  readonly #addresses = new Map<number, string>();

  constructor(options: PublicPortsOptions) {
    this.#options = options;
  }

  /** In the order of the ports. While the relay is tried again, a port stays: it comes back by itself. */
  get list(): PublicPort[] {
    const list = [...this.#addresses].map(([port, address]) => ({ port, address }));
    return list.sort((one, other) => one.port - other.port);
  }

  /** Takes what the kernel worker says of a port. */
  report({ port, state }: Share): void {
    if (state.state === "online") {
      const { address } = state.server;
      if (this.#addresses.get(port) !== address) this.#forget(port);
      this.#addresses.set(port, address);
      this.show(port);
    } else if (state.state === "idle") {
      this.#forget(port);
    } else if (state.state === "offline" && state.retryMs === undefined) {
      const { reason } = state;
      this.#options.notices.show({ message: `Port ${port} has no public address.`, hint: reason });
    }
  }

  /** Shows the notice about a port. @returns false for one that is not public */
  show(port: number): boolean {
    const address = this.#addresses.get(port);
    if (address === undefined) return false;
    const { copy, stop } = this.#options;
    const actions: NoticeAction[] = [
      { label: "Copy", onChoose: () => copy(address), stays: true },
      { label: "Stop sharing", onChoose: () => stop(port) },
    ];
    const hint = "Whoever knows the address reaches the server, for as long as this page is open.";
    this.#options.notices.show({ message: messageOf(port, address), hint }, ...actions);
    return true;
  }

  /** There is another machine. */
  clear(): void {
    for (const port of [...this.#addresses.keys()]) this.#forget(port);
  }

  #forget(port: number): void {
    const address = this.#addresses.get(port);
    if (address !== undefined) this.#options.notices.dismiss(messageOf(port, address));
    this.#addresses.delete(port);
  }
}

function messageOf(port: number, address: string): string {
  return `Port ${port} is public at ${address}`;
}
