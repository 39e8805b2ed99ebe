/** One client's WISP connection (protocol, "Handshake Steps" and "Packet Types"). */
import type { WebSocket } from "ws";
import { CLOSE_REASON } from "../../workers/shared/wisp/close-reasons.ts";
import {
  type ClientFeatures,
  readClientExtensions,
  serverExtensions,
} from "../../workers/shared/wisp/extensions.ts";
import { RELAY_RESOLVER } from "../../workers/shared/wisp/names.ts";
import {
  decodeWispPacket,
  encodeWispPacket,
  type WispPacket,
} from "../../workers/shared/wisp/packet.ts";
import type { Account } from "../access/accounts.ts";
import type { RelayLimits } from "../limits.ts";
import type { Log } from "../observe/log.ts";
import type { RelayMetrics } from "../observe/metrics.ts";
import { Outlet } from "../outlet.ts";
import type { Budget } from "./budget.ts";
import type { Dialer } from "./dialer.ts";
import { DnsStream, type NameServer } from "./dns-stream.ts";
import type { EgressLink, EgressStream } from "./stream.ts";
import { EgressTcpStream } from "./tcp-stream.ts";
import { EgressUdpStream } from "./udp-stream.ts";

/** What all sessions of a relay have in common. */
export interface EgressContext {
  limits: RelayLimits;
  dialer: Dialer;
  nameServers: () => NameServer[];
  budget: Budget;
  metrics: RelayMetrics;
  /** Shown to people who connect; empty for none. */
  motd: string;
}

const DNS_PORT = 53;
const GOING_AWAY = 1001;
const UNSUPPORTED_DATA = 1003;
const POLICY_VIOLATION = 1008;

export class EgressSession {
  readonly #socket: WebSocket;
  readonly #context: EgressContext;
  readonly #account: Account;
  readonly #log: Log;
  readonly #outlet: Outlet;
  readonly #streams = new Map<number, EgressStream>();
  #client: ClientFeatures = { udp: true, openConfirmation: false };
  #greeted: boolean;
  readonly #startedAt = performance.now();
  #lastStreamAt = performance.now();
  #waiting = 0;
  #paused = false;
  #stuck = false;
  #alive = true;
  #sentAtLastSweep = 0;
  #stopping = false;

  /** @param version 2 where the client has asked for a subprotocol, which is how it says so */
  constructor(
    socket: WebSocket,
    version: 1 | 2,
    context: EgressContext,
    account: Account,
    log: Log,
  ) {
    this.#socket = socket;
    this.#context = context;
    this.#account = account;
    this.#log = log;
    this.#outlet = new Outlet(socket, context.limits);
    this.#greeted = version === 1;
    socket.on("message", (data, binary) => this.#message(data, binary));
    socket.on("pong", () => {
      this.#alive = true;
    });
    socket.on("close", () => {
      for (const stream of [...this.#streams.values()]) stream.abort();
      account.close();
    });
    if (version === 2) {
      const offer = { udp: true, openConfirmation: true, streamControl: true, motd: context.motd };
      this.#now({ type: "info", major: 2, minor: 1, extensions: serverExtensions(offer) });
    }
    this.#now({ type: "continue", stream: 0, packets: context.limits.creditPackets });
  }

  /** Open streams. */
  get streams(): number {
    return this.#streams.size;
  }

  /** Bytes of this connection in the relay's memory. */
  get buffered(): number {
    return this.#waiting + this.#outlet.waiting;
  }

  /** No more streams are opened; the connection ends with the last one. */
  stop(): void {
    this.#stopping = true;
    this.#closeIfStopped();
  }

  /** Ends everything at once. */
  terminate(): void {
    this.#socket.terminate();
  }

  /** Looks after the connection: called every `sweepMs`. */
  sweep(): void {
    const { limits } = this.#context;
    const now = performance.now();
    for (const stream of [...this.#streams.values()]) {
      if (now - stream.idleSince > stream.idleMs) stream.abort(CLOSE_REASON.transferTimeout);
    }
    if (!this.#greeted && now - this.#startedAt > limits.handshakeMs) {
      this.#leave(POLICY_VIOLATION, "no INFO");
      return;
    }
    if (this.#streams.size === 0 && now - this.#lastStreamAt > limits.connectionIdleMs) {
      this.#leave(GOING_AWAY, "idle");
      return;
    }
    this.#unstick();
    // What is paused hears no pong. Who takes messages is alive, however slow.
    if (!this.#alive && !this.#paused && this.#outlet.sent === this.#sentAtLastSweep) {
      this.#log("info", "client silent");
      this.#socket.terminate();
      return;
    }
    this.#alive = false;
    this.#socket.ping();
    this.#sentAtLastSweep = this.#outlet.sent;
  }

  #message(data: unknown, binary: boolean): void {
    // A connection that is being closed still delivers what was under way.
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#alive = true;
    if (!binary || !(data instanceof Uint8Array)) {
      this.#leave(UNSUPPORTED_DATA, "WISP is binary");
      return;
    }
    try {
      this.#packet(decodeWispPacket(data));
    } catch (error) {
      this.#violated(error instanceof Error ? error.message : String(error));
    }
  }

  #packet(packet: WispPacket): void {
    if (packet.type === "info") {
      this.#client = readClientExtensions(packet.extensions);
      this.#greeted = true;
    } else if (packet.type === "connect") this.#connect(packet);
    else if (packet.stream === 0) {
      if (packet.type === "close") this.#leave(GOING_AWAY, "closed by the client");
      else this.#violated(`${packet.type} on stream 0`);
    }
    // Streams that the relay has closed may have something under way.
    else this.#streams.get(packet.stream)?.packet(packet);
  }

  #connect(packet: WispPacket & { type: "connect" }): void {
    const { stream: id, host, port, transport } = packet;
    const { limits } = this.#context;
    if (id === 0 || this.#streams.has(id)) {
      this.#violated(`stream ${id} cannot be opened`);
      return;
    }
    let opening = 0;
    for (const stream of this.#streams.values()) if (stream.opening) opening++;
    const full =
      this.#streams.size >= limits.streamsPerConnection || opening >= limits.openingPerConnection;
    if (full || this.#stopping) {
      this.#context.metrics.streams(1, { transport, result: "throttled" });
      this.#now({ type: "close", stream: id, reason: CLOSE_REASON.throttled });
      return;
    }
    this.#streams.set(id, this.#open(transport, id, host, port));
  }

  #open(transport: "tcp" | "udp", id: number, host: string, port: number): EgressStream {
    const link = this.#link(id);
    if (transport === "tcp") return new EgressTcpStream(id, host, port, link);
    if (host === RELAY_RESOLVER && port === DNS_PORT) {
      return new DnsStream(id, this.#context.nameServers, link);
    }
    return new EgressUdpStream(id, host, port, link);
  }

  #link(id: number): EgressLink {
    const { limits, dialer, metrics } = this.#context;
    const outlet = this.#outlet;
    return {
      limits,
      dialer,
      metrics,
      account: this.#account,
      log: this.#log,
      confirms: this.#client.openConfirmation,
      window: this.#client.window,
      now: (packet) => this.#now(packet),
      whenRoom: (packet) => outlet.whenRoom(encodeWispPacket(packet)),
      get congested() {
        return outlet.waiting > limits.socketBytes;
      },
      waits: (bytes) => this.#waits(bytes),
      closed: () => {
        this.#streams.delete(id);
        this.#lastStreamAt = performance.now();
        this.#closeIfStopped();
      },
      violated: (why) => this.#violated(why),
    };
  }

  /** The client is not read while too much of what it sent waits: TCP makes it wait then. */
  #waits(bytes: number): void {
    const { budget, limits } = this.#context;
    this.#waiting += bytes;
    budget.add(bytes);
    const most = budget.over ? limits.fairBytes : limits.connectionBytes;
    if (!this.#paused && this.#waiting > most) {
      this.#paused = true;
      this.#socket.pause();
    } else if (this.#paused && this.#waiting <= most / 2) {
      this.#paused = false;
      this.#stuck = false;
      if (this.#socket.readyState === this.#socket.OPEN) this.#socket.resume();
    }
  }

  /** A destination that takes nothing must not stop all others for good: the one that has most goes. */
  #unstick(): void {
    if (this.#paused && this.#stuck) {
      let most: EgressStream | undefined;
      for (const stream of this.#streams.values()) {
        if (stream.waiting > (most?.waiting ?? 0)) most = stream;
      }
      most?.abort(CLOSE_REASON.transferTimeout);
      // The budget may have room again, which nothing else would notice.
      this.#waits(0);
    }
    this.#stuck = this.#paused;
  }

  #violated(why: string): void {
    this.#context.metrics.violations();
    this.#log("warn", "protocol broken", { why });
    this.#leave(POLICY_VIOLATION, "protocol broken");
  }

  #leave(code: number, reason: string): void {
    this.#socket.close(code, reason);
    for (const stream of [...this.#streams.values()]) stream.abort();
  }

  #closeIfStopped(): void {
    if (this.#stopping && this.#streams.size === 0) this.#leave(GOING_AWAY, "relay stops");
  }

  #now(packet: WispPacket): void {
    this.#outlet.now(encodeWispPacket(packet));
  }
}
