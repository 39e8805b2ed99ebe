/**
 * UDP of the guest to hosts outside (RFC 4787): one stream for each pair of ends, which is forgotten when it
 * has been silent for long enough, or when others need its place.
 */
import { MAX_UDP_FLOWS, UDP_FLOW_IDLE_MS } from "../../../shared/limits.ts";
import { type Clock, Timer } from "../clock.ts";
import { formatIpv4 } from "../link/addresses.ts";
import type { UdpDatagram } from "../link/udp.ts";
import type { DatagramStream } from "../relay/datagrams.ts";
import type { Egress } from "./egress.ts";

interface Flow {
  stream: DatagramStream;
  idle: Timer;
}

export class UdpFlows {
  readonly #clock: Clock;
  readonly #answer: (datagram: UdpDatagram) => void;
  /** The one that was used least recently is the first. */
  readonly #flows = new Map<string, Flow>();

  /** @param answer sends a datagram to the guest */
  constructor(clock: Clock, answer: (datagram: UdpDatagram) => void) {
    this.#clock = clock;
    this.#answer = answer;
  }

  /** Flows that are not forgotten yet. */
  get size(): number {
    return this.#flows.size;
  }

  /** Sends a datagram of the guest's on its way. */
  send(datagram: UdpDatagram, egress: Egress): void {
    const { source, sourcePort, destination, destinationPort, data } = datagram;
    const key = `${source}:${sourcePort}:${destination}:${destinationPort}`;
    const flow = this.#flows.get(key) ?? this.#open(key, datagram, egress);
    // A frame is larger than what it carries, and others may hold it.
    flow.stream.send(data.slice());
    this.#touch(key, flow);
  }

  /** Forgets all of them. */
  clear(): void {
    for (const key of [...this.#flows.keys()]) this.#close(key);
  }

  #open(key: string, datagram: UdpDatagram, egress: Egress): Flow {
    const [oldest] = this.#flows.keys();
    if (this.#flows.size >= MAX_UDP_FLOWS && oldest !== undefined) this.#close(oldest);
    const { source, sourcePort, destination, destinationPort } = datagram;
    const stream = egress.openUdp(formatIpv4(destination), destinationPort);
    const flow: Flow = { stream, idle: new Timer(this.#clock, () => this.#close(key)) };
    this.#flows.set(key, flow);
    stream.onMessage = (data) => {
      this.#touch(key, flow);
      this.#answer({
        source: destination,
        sourcePort: destinationPort,
        destination: source,
        destinationPort: sourcePort,
        data,
      });
    };
    stream.onClose = () => this.#close(key);
    return flow;
  }

  #touch(key: string, flow: Flow): void {
    if (this.#flows.get(key) !== flow) return;
    flow.idle.set(UDP_FLOW_IDLE_MS);
    this.#flows.delete(key);
    this.#flows.set(key, flow);
  }

  #close(key: string): void {
    const flow = this.#flows.get(key);
    this.#flows.delete(key);
    flow?.idle.clear();
    flow?.stream.close();
  }
}
