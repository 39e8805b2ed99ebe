/** One tab that serves a name: its WebSocket, and the public's connections in it (docs/ingress-protocol.md). */
import type { WebSocket } from "ws";
import { NetworkError } from "../../workers/shared/byte-stream.ts";
import {
  decodeIngressFrame,
  encodeIngressFrame,
  INGRESS_VERSION,
  type IngressFrame,
} from "../../workers/shared/ingress/frame.ts";
import { IngressStream } from "../../workers/shared/ingress/ingress-stream.ts";
import { INGRESS_WINDOW_BYTES } from "../../workers/shared/limits.ts";
import type { Account } from "../access/accounts.ts";
import type { RelayLimits } from "../limits.ts";
import { metered } from "../metered.ts";
import type { Log } from "../observe/log.ts";
import type { RelayMetrics } from "../observe/metrics.ts";
import { Outlet } from "../outlet.ts";
import { StreamSocket } from "./stream-socket.ts";

/** What a tunnel is made of. */
export interface TunnelOptions {
  name: string;
  /** The public address of the name, a URL. */
  address: string;
  /** Whose it is. */
  subject: string;
  account: Account;
  limits: RelayLimits;
  metrics: RelayMetrics;
  log: Log;
}

const GOING_AWAY = 1001;
const POLICY_VIOLATION = 1008;

export class Tunnel {
  readonly subject: string;
  readonly #socket: WebSocket;
  readonly #options: TunnelOptions;
  readonly #outlet: Outlet;
  readonly #streams = new Map<number, IngressStream>();
  #lastId = 0;
  #alive = true;
  #sentAtLastSweep = 0;
  #stopping = false;

  constructor(socket: WebSocket, options: TunnelOptions) {
    this.#socket = socket;
    this.#options = options;
    this.subject = options.subject;
    this.#outlet = new Outlet(socket, options.limits);
    socket.on("message", (data, binary) => this.#message(data, binary));
    socket.on("pong", () => {
      this.#alive = true;
    });
    socket.on("close", () => {
      const error = new NetworkError("ECONNRESET", "The tab is gone.");
      for (const stream of [...this.#streams.values()]) stream.fail(error);
      options.account.close();
    });
  }

  /** Tells the tab its address, once that is its own: a tab that is refused must never take it for public. */
  greet(): void {
    const { name, address } = this.#options;
    const window = INGRESS_WINDOW_BYTES;
    this.#now({ type: "hello", version: INGRESS_VERSION, window, name, address });
  }

  /** Open connections of the public. */
  get streams(): number {
    return this.#streams.size;
  }

  /** Bytes of this tab in the relay's memory. */
  get buffered(): number {
    let sum = this.#outlet.waiting;
    for (const stream of this.#streams.values()) sum += stream.waiting.bytes;
    return sum;
  }

  /** Whether there is room for another request. */
  get hasRoom(): boolean {
    return !this.#stopping && this.#streams.size < this.#options.limits.requestsPerTunnel;
  }

  /** A connection to the guest for somebody at the address `peer`. */
  open(peer: string): StreamSocket {
    this.#lastId = (this.#lastId + 1) >>> 0 || 1;
    const id = this.#lastId;
    const { account, metrics } = this.#options;
    // The tab sees HELLO's window first, and no stream before it.
    const stream = new IngressStream(id, INGRESS_WINDOW_BYTES, {
      now: (frame) => this.#now(frame),
      whenRoom: async (frame) => {
        if (frame.type === "data") await this.#pace(frame.bytes.length);
        await this.#outlet.whenRoom(encodeIngressFrame(frame));
      },
      closed: () => {
        this.#streams.delete(id);
        this.#closeIfStopped();
      },
    });
    this.#streams.set(id, stream);
    this.#now({ type: "open", stream: id, peer });
    return new StreamSocket(
      metered(stream, account, (bytes) => metrics.bytes(bytes, { direction: "ingress-out" })),
    );
  }

  /** Ends the tunnel for a reason that the tab is told. */
  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  /** No more requests; the tunnel ends with the last one. */
  stop(): void {
    this.#stopping = true;
    this.#closeIfStopped();
  }

  /** Ends everything at once. */
  terminate(): void {
    this.#socket.terminate();
  }

  /** Looks whether the tab is still there: called every `sweepMs`. */
  sweep(): void {
    if (!this.#alive && this.#outlet.sent === this.#sentAtLastSweep) {
      this.#options.log("info", "tab silent", { name: this.#options.name });
      this.#socket.terminate();
      return;
    }
    this.#alive = false;
    this.#socket.ping();
    this.#sentAtLastSweep = this.#outlet.sent;
  }

  async #pace(bytes: number): Promise<void> {
    this.#options.metrics.bytes(bytes, { direction: "ingress-in" });
    const pause = this.#options.account.spend(bytes);
    if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
  }

  #message(data: unknown, binary: boolean): void {
    this.#alive = true;
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    try {
      if (!binary || !(data instanceof Uint8Array)) throw new Error("A message is not binary.");
      const frame = decodeIngressFrame(data);
      if (frame.type === "hello" || frame.type === "open")
        throw new Error("Only relays send that.");
      // A stream that was closed here may have had something under way.
      this.#streams.get(frame.stream)?.frame(frame);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#options.metrics.violations();
      this.#options.log("warn", "protocol broken", { name: this.#options.name, why });
      this.#socket.close(POLICY_VIOLATION, "protocol broken");
    }
  }

  #closeIfStopped(): void {
    if (this.#stopping && this.#streams.size === 0) this.#socket.close(GOING_AWAY, "relay stops");
  }

  #now(frame: IngressFrame): void {
    this.#outlet.now(encodeIngressFrame(frame));
  }
}
