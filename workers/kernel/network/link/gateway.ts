/**
 * The gateway's side of a link: it answers ARP and pings for its own address, and takes every packet that is
 * sent through it, whatever the destination. What comes is a guest's, and may be anything.
 */
import type { Clock } from "../clock.ts";
import { type IncomingConnection, TcpEndpoint } from "../tcp/endpoint.ts";
import { IPV4_BROADCAST, isHostAddress, isMulticastMac, MAC_BROADCAST } from "./addresses.ts";
import { arpOperation, encodeArp, parseArp } from "./arp.ts";
import { ETHERNET_HEADER_BYTES, etherType, parseEthernet, writeEthernet } from "./ethernet.ts";
import { fragment, Reassembly } from "./fragments.ts";
import { destinationUnreachable, echoReply } from "./icmp.ts";
import { type Ipv4Packet, parseIpv4, protocol, writeIpv4 } from "./ipv4.ts";
import { Neighbours } from "./neighbours.ts";
import { encodeUdp, parseUdp, type UdpDatagram } from "./udp.ts";

export interface GatewayOptions {
  /** Its own address, and the network's mask. */
  address: number;
  mask: number;
  mac: number;
  /** The largest packet on the link, without the Ethernet header. */
  mtu: number;
  clock: Clock;
  /** Puts a frame on the link. */
  transmit(frame: Uint8Array): void;
  /**
   * The guest's address, to which loopback addresses are sent: Linux serves them from outside with
   * `route_localnet`, and so servers are reached that listen for their own machine only.
   */
  guest(): number;
  onIncoming(incoming: IncomingConnection): void;
  onDatagram(datagram: UdpDatagram, packet: Ipv4Packet): void;
}

const LOOPBACK = 127;

export class Gateway {
  readonly tcp: TcpEndpoint;
  readonly #options: GatewayOptions;
  readonly #neighbours: Neighbours;
  readonly #reassembly: Reassembly;
  #identification = 0;

  constructor(options: GatewayOptions) {
    this.#options = options;
    const { clock, mtu, mac, address } = options;
    this.#reassembly = new Reassembly(clock);
    this.#neighbours = new Neighbours({
      clock,
      ask: (target) =>
        options.transmit(
          encodeArp({
            operation: arpOperation.request,
            senderMac: mac,
            senderAddress: address,
            targetMac: 0,
            targetAddress: target,
          }),
        ),
      send: (frame, to) => this.#transmit(frame, to),
      unreachable: (target) => this.tcp.onUnreachable(target),
    });
    this.tcp = new TcpEndpoint({
      clock,
      mtu,
      send: (frame, header) => this.#send(frame, header),
      sendUnreachable: (packet, code) => this.sendUnreachable(packet, code),
      onIncoming: options.onIncoming,
    });
  }

  /** Takes a frame from the link. */
  receive(frame: Uint8Array): void {
    const header = parseEthernet(frame);
    if (!header || isMulticastMac(header.source)) return;
    const isForUs =
      header.destination === this.#options.mac || header.destination === MAC_BROADCAST;
    if (!isForUs) return;
    if (header.type === etherType.arp) this.#receiveArp(frame);
    else if (header.type === etherType.ipv4) this.#receiveIpv4(frame, header.source);
  }

  /**
   * Sends a datagram; broadcasts go to everybody on the link.
   *
   * @param mac whom to, where that is known already: of a client that has no address yet
   */
  sendDatagram(datagram: UdpDatagram, mac?: number): void {
    this.#send(encodeUdp(datagram), { ...datagram, protocol: protocol.udp }, mac);
  }

  /** Tells who sent a packet why it went nowhere. Never about what was sent to many (RFC 1122, 3.2.2). */
  sendUnreachable(packet: Ipv4Packet, code: number): void {
    if (!isHostAddress(packet.source) || packet.destination === IPV4_BROADCAST) return;
    this.#send(destinationUnreachable(packet, code), {
      source: this.#options.address,
      destination: packet.source,
      protocol: protocol.icmp,
    });
  }

  /** Another machine is on the link. */
  reset(): void {
    this.tcp.reset();
    this.#neighbours.clear();
    this.#reassembly.clear();
  }

  #receiveArp(frame: Uint8Array): void {
    const message = parseArp(frame);
    if (!message || isMulticastMac(message.senderMac)) return;
    const { senderAddress, senderMac } = message;
    if (this.#isOnLink(senderAddress)) this.#neighbours.learn(senderAddress, senderMac);
    const { address, mac } = this.#options;
    if (message.operation !== arpOperation.request || message.targetAddress !== address) return;
    this.#options.transmit(
      encodeArp({
        operation: arpOperation.reply,
        senderMac: mac,
        senderAddress: address,
        targetMac: senderMac,
        targetAddress: senderAddress,
      }),
    );
  }

  #receiveIpv4(frame: Uint8Array, mac: number): void {
    const part = parseIpv4(frame);
    const packet = part?.fragment ? this.#reassembly.add(part) : part;
    if (!packet) return;
    if (this.#isOnLink(packet.source)) this.#neighbours.learn(packet.source, mac);
    if (packet.protocol === protocol.tcp) this.tcp.receive(packet);
    else if (packet.protocol === protocol.udp) this.#receiveUdp(packet);
    else if (packet.protocol === protocol.icmp) this.#receiveIcmp(packet);
  }

  #receiveUdp(packet: Ipv4Packet): void {
    const datagram = parseUdp(packet);
    if (datagram) this.#options.onDatagram(datagram, packet);
  }

  #receiveIcmp(packet: Ipv4Packet): void {
    const { source, destination } = packet;
    if (destination !== this.#options.address) return;
    const frame = echoReply(packet);
    const header = { source: destination, destination: source, protocol: protocol.icmp };
    if (frame) this.#send(frame, header);
  }

  #isOnLink(address: number): boolean {
    const { address: own, mask } = this.#options;
    return ((address ^ own) & mask) === 0 && address !== own && isHostAddress(address);
  }

  #send(
    frame: Uint8Array,
    header: { source: number; destination: number; protocol: number },
    mac?: number,
  ): void {
    writeIpv4(frame, header);
    this.#identification = (this.#identification + 1) & 0xffff;
    const to = mac ?? (header.destination === IPV4_BROADCAST ? MAC_BROADCAST : undefined);
    for (const part of fragment(frame, this.#options.mtu, this.#identification)) {
      if (to !== undefined) this.#transmit(part, to);
      else this.#neighbours.send(part, this.#nextHop(header.destination));
    }
  }

  #nextHop(destination: number): number {
    return destination >>> 24 === LOOPBACK ? this.#options.guest() : destination;
  }

  #transmit(frame: Uint8Array, destination: number): void {
    if (frame.length < ETHERNET_HEADER_BYTES) return;
    writeEthernet(frame, { destination, source: this.#options.mac, type: etherType.ipv4 });
    this.#options.transmit(frame);
  }
}
