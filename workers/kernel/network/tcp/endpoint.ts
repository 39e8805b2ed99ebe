/**
 * All TCP connections of one side of a link: which segment belongs to which, who may open one, how many.
 * It answers for every address whose packets come its way, as a gateway does that ends connections itself.
 */
import { NetworkError, type NetworkErrorCode } from "../../../shared/byte-stream.ts";
import {
  MAX_TCP_CONNECTIONS,
  MAX_TCP_PENDING,
  TCP_CONNECT_MS,
  TCP_TOTAL_BYTES,
} from "../../../shared/limits.ts";
import type { Clock } from "../clock.ts";
import { unreachable } from "../link/icmp.ts";
import { IPV4_HEADER_BYTES, type Ipv4Packet, protocol } from "../link/ipv4.ts";
import { TcpConnection } from "./connection.ts";
import { encodeSegment, flag, parseSegment, type Segment } from "./segment.ts";
import { add } from "./sequence.ts";

/** A connection that the peer wants to open; until it is answered, the peer waits. */
export interface IncomingConnection {
  source: number;
  sourcePort: number;
  destination: number;
  destinationPort: number;
  /** The peer has given up. */
  signal: AbortSignal;
  /** Opens it. @throws NetworkError where the peer has given up */
  accept(): TcpConnection;
  /** Says why not, so that the peer's program learns the same. */
  refuse(code: NetworkErrorCode): void;
}

export interface EndpointOptions {
  clock: Clock;
  /** The largest packet on the link. */
  mtu: number;
  send(frame: Uint8Array, header: { source: number; destination: number; protocol: number }): void;
  /** Answers a packet with ICMP. */
  sendUnreachable(packet: Ipv4Packet, code: number): void;
  onIncoming(incoming: IncomingConnection): void;
}

export interface ConnectOptions {
  /** The address that the peer sees. */
  source: number;
  destination: number;
  port: number;
  signal?: AbortSignal;
}

interface Flow {
  local: number;
  localPort: number;
  remote: number;
  remotePort: number;
}

const TCP_HEADER_BYTES = 20;
/** Ports for connections of ours (RFC 6335, 6). */
const FIRST_DYNAMIC_PORT = 49_152;
const DYNAMIC_PORTS = 16_384;
/** Segments sent between two looks at what all connections hold. */
const SEGMENTS_PER_COUNT = 64;

export class TcpEndpoint {
  readonly #options: EndpointOptions;
  readonly #mss: number;
  readonly #connections = new Map<string, TcpConnection>();
  readonly #pending = new Map<string, AbortController>();
  #held = 0;
  #untilCount = 0;

  constructor(options: EndpointOptions) {
    this.#options = options;
    this.#mss = options.mtu - IPV4_HEADER_BYTES - TCP_HEADER_BYTES;
  }

  /** Connections that are not closed. */
  get size(): number {
    return this.#connections.size;
  }

  /** Bytes that all connections hold. */
  get held(): number {
    let held = 0;
    for (const connection of this.#connections.values()) held += connection.held;
    return held;
  }

  /** @throws NetworkError ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, EADDRINUSE, ECONNABORTED */
  async connect({ source, destination, port, signal }: ConnectOptions): Promise<TcpConnection> {
    if (signal?.aborted) throw givenUp();
    const remote = { local: source, remote: destination, remotePort: port };
    const flow = { ...remote, localPort: this.#freePort(remote) };
    const connection = this.#open(flow);
    const abort = () => connection.abort();
    signal?.addEventListener("abort", abort);
    let isLate = false;
    const cancel = this.#options.clock.after(TCP_CONNECT_MS, () => {
      isLate = true;
      connection.abort();
    });
    try {
      await connection.opened;
      return connection;
    } catch (error) {
      throw isLate ? new NetworkError("ETIMEDOUT", "The machine did not answer.") : error;
    } finally {
      cancel();
      signal?.removeEventListener("abort", abort);
    }
  }

  /** Takes a packet with TCP in it. What is damaged is dropped, as if it had been lost. */
  receive(packet: Ipv4Packet): void {
    const segment = parseSegment(packet);
    if (!segment) return;
    const flow = {
      local: packet.destination,
      localPort: segment.destinationPort,
      remote: packet.source,
      remotePort: segment.sourcePort,
    };
    const key = keyOf(flow);
    const connection = this.#connections.get(key);
    const isOpening = (segment.flags & (flag.syn | flag.ack | flag.rst)) === flag.syn;
    if (connection && !(isOpening && replaces(segment, connection))) {
      connection.receive(segment);
      return;
    }
    connection?.disconnect();
    if (isOpening) this.#onSyn(packet, flow, segment);
    else if (segment.flags & flag.rst) this.#pending.get(key)?.abort();
    else this.#reset(flow, segment);
  }

  /** An address does not answer: connections that are being opened to it fail. */
  onUnreachable(destination: number): void {
    const prefix = `${destination}:`;
    for (const [key, connection] of this.#connections) {
      if (key.startsWith(prefix)) connection.unreachable();
    }
  }

  /** The peer is gone, with all its connections. */
  reset(): void {
    for (const controller of this.#pending.values()) controller.abort();
    for (const connection of [...this.#connections.values()]) connection.disconnect();
  }

  #onSyn(packet: Ipv4Packet, flow: Flow, syn: Segment): void {
    const key = keyOf(flow);
    // Asked again, because the first has had no answer yet.
    if (this.#pending.has(key)) return;
    if (this.#pending.size >= MAX_TCP_PENDING || this.#connections.size >= MAX_TCP_CONNECTIONS) {
      this.#reset(flow, syn);
      return;
    }
    const controller = new AbortController();
    this.#pending.set(key, controller);
    const settle = () => this.#pending.get(key) === controller && this.#pending.delete(key);
    controller.signal.addEventListener("abort", settle);
    this.#options.onIncoming({
      source: flow.remote,
      sourcePort: flow.remotePort,
      destination: flow.local,
      destinationPort: flow.localPort,
      signal: controller.signal,
      accept: () => {
        if (!settle()) throw givenUp();
        return this.#open(flow, syn);
      },
      refuse: (code) => {
        if (settle()) this.#refuse(packet, flow, syn, code);
      },
    });
  }

  #refuse(packet: Ipv4Packet, flow: Flow, syn: Segment, code: NetworkErrorCode): void {
    if (code === "ENETUNREACH") this.#options.sendUnreachable(packet, unreachable.net);
    else if (code === "EHOSTUNREACH" || code === "ETIMEDOUT") {
      this.#options.sendUnreachable(packet, unreachable.host);
    } else if (code === "EACCES") this.#options.sendUnreachable(packet, unreachable.prohibited);
    else this.#reset(flow, syn);
  }

  #open(flow: Flow, syn?: Segment): TcpConnection {
    if (this.#connections.size >= MAX_TCP_CONNECTIONS) {
      throw new NetworkError("EADDRINUSE", "There are too many connections.");
    }
    const key = keyOf(flow);
    const { clock } = this.#options;
    const isScarce = () => this.#isScarce();
    // Numbers that nobody can guess, as RFC 9293, 3.4.1 asks.
    const [initialSequence = 0] = crypto.getRandomValues(new Uint32Array(1));
    const connection: TcpConnection = new TcpConnection(
      {
        clock,
        get isScarce() {
          return isScarce();
        },
        transmit: (segment, payload) => {
          const ports = { sourcePort: flow.localPort, destinationPort: flow.remotePort };
          const addresses = { source: flow.local, destination: flow.remote };
          const frame = encodeSegment({ ...segment, ...ports }, addresses, payload);
          this.#options.send(frame, { ...addresses, protocol: protocol.tcp });
        },
        closed: () => this.#connections.get(key) === connection && this.#connections.delete(key),
      },
      this.#mss,
      initialSequence,
      syn,
    );
    this.#connections.set(key, connection);
    return connection;
  }

  /** Answers a segment that belongs to no connection (RFC 9293, 3.10.7.1). */
  #reset(flow: Flow, { flags, sequence, acknowledgement, payload }: Segment): void {
    const length = payload.length + (flags & flag.syn ? 1 : 0) + (flags & flag.fin ? 1 : 0);
    const answersAck = (flags & flag.ack) !== 0;
    const addresses = { source: flow.local, destination: flow.remote };
    const frame = encodeSegment(
      {
        sourcePort: flow.localPort,
        destinationPort: flow.remotePort,
        sequence: answersAck ? acknowledgement : 0,
        acknowledgement: answersAck ? 0 : add(sequence, length),
        flags: flag.rst | (answersAck ? 0 : flag.ack),
        window: 0,
      },
      addresses,
    );
    this.#options.send(frame, { ...addresses, protocol: protocol.tcp });
  }

  #freePort(flow: Omit<Flow, "localPort">): number {
    const [random = 0] = crypto.getRandomValues(new Uint16Array(1));
    for (let tries = 0; tries < DYNAMIC_PORTS; tries++) {
      const localPort = FIRST_DYNAMIC_PORT + ((random + tries) % DYNAMIC_PORTS);
      if (!this.#connections.has(keyOf({ ...flow, localPort }))) return localPort;
    }
    throw new NetworkError("EADDRINUSE", "There are too many connections to one port.");
  }

  #isScarce(): boolean {
    if (this.#untilCount-- <= 0) {
      this.#untilCount = SEGMENTS_PER_COUNT;
      this.#held = this.held;
    }
    return this.#held > TCP_TOTAL_BYTES;
  }
}

function keyOf({ local, localPort, remote, remotePort }: Flow): string {
  return `${remote}:${remotePort}:${local}:${localPort}`;
}

/** A new connection may take the place of one that only waits for late segments (RFC 9293, 3.10.7.4). */
function replaces(syn: Segment, connection: TcpConnection): boolean {
  return connection.state === "TIME-WAIT" && connection.isAfter(syn.sequence);
}

function givenUp(): NetworkError {
  return new NetworkError("ECONNABORTED", "The connection was given up.");
}
