/**
 * Who has which address on the link (RFC 826), learned from what they send. Packets wait while an address is
 * asked for.
 */
import {
  ARP_RETRY_MS,
  ARP_TRIES,
  MAX_NEIGHBOURS,
  MAX_UNRESOLVED_PACKETS,
} from "../../../shared/limits.ts";
import type { Clock } from "../clock.ts";

export interface NeighbourHost {
  clock: Clock;
  /** Asks who has an address. */
  ask(address: number): void;
  /** Sends a frame of ours to somebody. */
  send(frame: Uint8Array, mac: number): void;
  /** Nobody has it. */
  unreachable(address: number): void;
}

interface Unresolved {
  frames: Uint8Array[];
  cancel(): void;
}

export class Neighbours {
  readonly #host: NeighbourHost;
  readonly #known = new Map<number, number>();
  readonly #unresolved = new Map<number, Unresolved>();

  constructor(host: NeighbourHost) {
    this.#host = host;
  }

  /** Somebody has shown that it has an address. */
  learn(address: number, mac: number): void {
    if (this.#known.get(address) !== mac) {
      this.#known.delete(address);
      this.#known.set(address, mac);
      const [oldest] = this.#known.keys();
      if (this.#known.size > MAX_NEIGHBOURS && oldest !== undefined) this.#known.delete(oldest);
    }
    const waiting = this.#unresolved.get(address);
    if (!waiting) return;
    this.#unresolved.delete(address);
    waiting.cancel();
    for (const frame of waiting.frames) this.#host.send(frame, mac);
  }

  /** Sends a frame to who has an address, now or when that is known. */
  send(frame: Uint8Array, address: number): void {
    const mac = this.#known.get(address);
    if (mac !== undefined) {
      this.#host.send(frame, mac);
      return;
    }
    const waiting = this.#unresolved.get(address);
    if (waiting) {
      if (waiting.frames.length < MAX_UNRESOLVED_PACKETS) waiting.frames.push(frame);
    } else if (this.#unresolved.size < MAX_NEIGHBOURS) {
      this.#ask(address, { frames: [frame], cancel() {} }, ARP_TRIES);
    }
  }

  /** Forgets everybody: the link is another. */
  clear(): void {
    for (const { cancel } of this.#unresolved.values()) cancel();
    this.#unresolved.clear();
    this.#known.clear();
  }

  #ask(address: number, waiting: Unresolved, tries: number): void {
    this.#unresolved.set(address, waiting);
    waiting.cancel = this.#host.clock.after(ARP_RETRY_MS, () => {
      if (tries > 1) return this.#ask(address, waiting, tries - 1);
      this.#unresolved.delete(address);
      this.#host.unreachable(address);
    });
    this.#host.ask(address);
  }
}
