/**
 * The network of one machine: a link with a gateway that serves addresses (DHCP) and names (DNS), reaches
 * servers of the guest, and lets the guest out by an {@link Egress}, where there is one. It knows no DOM; the
 * frames come and go through whoever holds the machine.
 */
import { type ByteStream, join, NetworkError } from "../../shared/byte-stream.ts";
import { DNS_TCP_BYTES, DNS_UDP_BYTES, NETWORK_MTU } from "../../shared/limits.ts";
import { type Clock, realClock } from "./clock.ts";
import type { ControlService } from "./control/control-service.ts";
import { CONTROL_PORT } from "./control/protocol.ts";
import { dhcpPort } from "./dhcp/message.ts";
import { DhcpServer } from "./dhcp/server.ts";
import { LOCAL_DOMAIN, type LocalNames } from "./dns/local-names.ts";
import { DnsServer } from "./dns/server.ts";
import { serveDnsStream } from "./dns/stream.ts";
import type { Egress } from "./egress/egress.ts";
import { forwarderTo } from "./egress/forwarder.ts";
import { UdpFlows } from "./egress/udp-flows.ts";
import { formatIpv4, isHostAddress, parseIpv4 } from "./link/addresses.ts";
import { Gateway } from "./link/gateway.ts";
import { unreachable } from "./link/icmp.ts";
import type { Ipv4Packet } from "./link/ipv4.ts";
import type { UdpDatagram } from "./link/udp.ts";
import type { IncomingConnection } from "./tcp/endpoint.ts";

export interface NetworkOptions {
  /** What the guest is called on its network. */
  hostname: string;
  /** Puts a frame on the machine's link; it is the callee's. */
  transmit(frame: Uint8Array): void;
  /** The guest wanted to go out, and there is no way: {@link Network.egress} is not set. */
  onNoWayOut?(): void;
  /** Serves programs of the guest that connect to the gateway's control port; nobody without it. */
  control?: Pick<ControlService, "serve" | "isFull">;
  clock?: Clock;
}

/** Who the guest is on its network. */
export interface GuestHost {
  hostname: string;
  address: number;
  /** Of its own interface; left out, that is the first that asks for an address. */
  hardware?: number;
}

const address = (text: string) => parseIpv4(text)!;

/** The network of every machine: 10.86.0.0/16, with the gateway at its beginning. */
export const NETWORK = {
  gateway: address("10.86.0.1"),
  /** The guest's, unless it is on a network of tabs. */
  guest: address("10.86.0.2"),
  mask: address("255.255.0.0"),
  /** For whatever else asks on the guest's link: machines within the machine. */
  pool: { first: address("10.86.1.1"), last: address("10.86.1.254") },
} as const;

/** Locally administered, and the same on every link: a gateway's address may stay in a guest's memory. */
export const GATEWAY_MAC = 0x0200_0a56_0001;
const LOOPBACK = address("127.0.0.1");
const DNS_PORT = 53;
const LEASE_SECONDS = 3600;

export class Network {
  readonly #options: NetworkOptions;
  readonly #gateway: Gateway;
  readonly #dns: DnsServer;
  readonly #flows: UdpFlows;
  #dhcp: DhcpServer;
  #egress: Egress | undefined;
  #guest: GuestHost;
  /** The other machines of the network, by their names. */
  #peers: LocalNames | undefined;

  constructor(options: NetworkOptions) {
    const { clock = realClock } = options;
    this.#options = options;
    this.#guest = { hostname: options.hostname, address: NETWORK.guest };
    this.#gateway = new Gateway({
      address: NETWORK.gateway,
      mask: NETWORK.mask,
      mac: GATEWAY_MAC,
      mtu: NETWORK_MTU,
      clock,
      transmit: options.transmit,
      guest: () => this.#guest.address,
      onIncoming: (incoming) => void this.#onIncoming(incoming),
      onDatagram: (datagram, packet) => this.#onDatagram(datagram, packet),
    });
    this.#flows = new UdpFlows(clock, (datagram) => this.#gateway.sendDatagram(datagram));
    this.#dhcp = this.#makeDhcp();
    this.#dns = new DnsServer({
      names: (name) => this.#addressOf(name),
      reverse: (of) => this.#nameOf(of),
    });
  }

  /** The way out; none unless set. Connections through another one go on. */
  set egress(egress: Egress | undefined) {
    this.#egress = egress;
    this.#flows.clear();
    this.#dns.forward = egress && forwarderTo(egress);
  }

  /** The guest is called otherwise from now on. */
  set hostname(hostname: string) {
    this.#guest.hostname = hostname;
  }

  /** The names of other machines; they are reached without this network's gateway. */
  set peers(peers: LocalNames | undefined) {
    this.#peers = peers;
  }

  /** The guest is another host from now on: its connections are gone, and its address is free. */
  become(guest: GuestHost): void {
    this.#guest = { ...guest };
    this.#forget();
  }

  /** Takes a frame of the machine's. */
  receive(frame: Uint8Array): void {
    this.#gateway.receive(frame);
  }

  /**
   * Connects to a server of the guest: one that listens for its own machine, for everybody, or at its address
   * in this network.
   *
   * @throws NetworkError ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH
   */
  async connect(port: number, signal?: AbortSignal): Promise<ByteStream> {
    const to = (destination: number) =>
      this.#gateway.tcp.connect({
        source: NETWORK.gateway,
        destination,
        port,
        ...(signal ? { signal } : {}),
      });
    try {
      return await to(LOOPBACK);
    } catch (error) {
      if (!(error instanceof NetworkError) || error.code !== "ECONNREFUSED") throw error;
      return to(this.#guest.address);
    }
  }

  /** Another machine is on the link: all connections of the one before are gone. */
  reset(): void {
    const { hostname, address } = this.#guest;
    this.become({ hostname, address });
  }

  #forget(): void {
    this.#gateway.reset();
    this.#flows.clear();
    this.#dhcp = this.#makeDhcp();
  }

  #makeDhcp(): DhcpServer {
    return new DhcpServer({
      server: NETWORK.gateway,
      mask: NETWORK.mask,
      router: NETWORK.gateway,
      dns: NETWORK.gateway,
      domain: LOCAL_DOMAIN,
      mtu: NETWORK_MTU,
      leaseSeconds: LEASE_SECONDS,
      pool: NETWORK.pool,
      addressFor: (mac) => {
        this.#guest.hardware ??= mac;
        return mac === this.#guest.hardware ? this.#guest.address : undefined;
      },
    });
  }

  async #onIncoming(incoming: IncomingConnection): Promise<void> {
    const { destination, destinationPort } = incoming;
    if (destination === NETWORK.gateway) {
      const { control } = this.#options;
      if (destinationPort === CONTROL_PORT && control && !control.isFull) {
        return control.serve(incoming.accept());
      }
      if (destinationPort !== DNS_PORT) return incoming.refuse("ECONNREFUSED");
      const stream = incoming.accept();
      return serveDnsStream(stream, (query) =>
        this.#dns.answer(query, { maxBytes: DNS_TCP_BYTES, overTcp: true }),
      );
    }
    const egress = this.#wayTo(destination);
    if (!egress)
      return incoming.refuse(this.#isInside(destination) ? "EHOSTUNREACH" : "ENETUNREACH");
    try {
      const outside = await egress.connect(formatIpv4(destination), destinationPort);
      if (incoming.signal.aborted) return outside.abort();
      await join(incoming.accept(), outside);
    } catch (error) {
      incoming.refuse(error instanceof NetworkError ? error.code : "ENETUNREACH");
    }
  }

  #onDatagram(datagram: UdpDatagram, packet: Ipv4Packet): void {
    const { destination, destinationPort } = datagram;
    if (destinationPort === dhcpPort.server) {
      this.#onDhcp(datagram);
      return;
    }
    if (destination === NETWORK.gateway) {
      if (destinationPort === DNS_PORT) void this.#onQuestion(datagram);
      else this.#gateway.sendUnreachable(packet, unreachable.port);
      return;
    }
    // To many, or from nobody: not for outside.
    if (!isHostAddress(destination) || !isHostAddress(datagram.source)) return;
    const egress = this.#wayTo(destination);
    if (egress) this.#flows.send(datagram, egress);
    else {
      const code = this.#isInside(destination) ? unreachable.host : unreachable.net;
      this.#gateway.sendUnreachable(packet, code);
    }
  }

  #onDhcp(datagram: UdpDatagram): void {
    const reply = this.#dhcp.handle(datagram.data);
    if (!reply) return;
    this.#gateway.sendDatagram(
      {
        source: NETWORK.gateway,
        sourcePort: dhcpPort.server,
        destination: reply.address,
        destinationPort: dhcpPort.client,
        data: reply.bytes,
      },
      reply.hardware,
    );
  }

  async #onQuestion({ source, sourcePort, data }: UdpDatagram): Promise<void> {
    const answer = await this.#dns.answer(data.slice(), { maxBytes: DNS_UDP_BYTES });
    if (!answer) return;
    this.#gateway.sendDatagram({
      source: NETWORK.gateway,
      sourcePort: DNS_PORT,
      destination: source,
      destinationPort: sourcePort,
      data: answer,
    });
  }

  /** Who may be asked to reach an address. What belongs to this network is reached nowhere else. */
  #wayTo(destination: number): Egress | undefined {
    if (this.#isInside(destination) || !isHostAddress(destination)) return undefined;
    if (!this.#egress) this.#options.onNoWayOut?.();
    return this.#egress;
  }

  #isInside(destination: number): boolean {
    return ((destination ^ NETWORK.gateway) & NETWORK.mask) === 0;
  }

  #addressOf(name: string): number | undefined {
    if (name === "gateway") return NETWORK.gateway;
    if (name === this.#guest.hostname.toLowerCase()) return this.#guest.address;
    for (const lease of this.#dhcp.leases()) if (lease.name === name) return lease.address;
    return this.#peers?.names(name);
  }

  #nameOf(of: number): string | undefined {
    if (of === NETWORK.gateway) return "gateway";
    if (of === this.#guest.address) return this.#guest.hostname.toLowerCase();
    for (const lease of this.#dhcp.leases()) if (lease.address === of) return lease.name;
    return this.#peers?.reverse(of);
  }
}
