/** A network of one gateway for guests under Node: DHCP, DNS, ARP and ICMP, on the parts of the kernel worker. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder } from "../../../images/build/cache.ts";
import { Guest } from "../../../images/build/guest/guest.ts";
import { parseManifest } from "../../../images/format/manifest.ts";
import { decodeTreeIndex } from "../../../images/format/tree-index.ts";
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import { dhcpPort, parseDhcp } from "../../../workers/kernel/network/dhcp/message.ts";
import { DhcpServer, type DhcpSettings } from "../../../workers/kernel/network/dhcp/server.ts";
import { DnsServer, type Forward } from "../../../workers/kernel/network/dns/server.ts";
import { arpOperation, encodeArp, parseArp } from "../../../workers/kernel/network/link/arp.ts";
import {
  etherType,
  parseEthernet,
  writeEthernet,
} from "../../../workers/kernel/network/link/ethernet.ts";
import { echoReply } from "../../../workers/kernel/network/link/icmp.ts";
import {
  type Ipv4Packet,
  parseIpv4,
  protocol,
  writeIpv4,
} from "../../../workers/kernel/network/link/ipv4.ts";
import { encodeUdp, parseUdp, type UdpDatagram } from "../../../workers/kernel/network/link/udp.ts";
import { DirectoryStore } from "../../../workers/shared/directory-store.ts";
import { DNS_UDP_BYTES } from "../../../workers/shared/limits.ts";

export const GATEWAY = 0x0a56_0001;
const GATEWAY_MAC = 0x0200_0a56_0001;
const DNS_PORT = 53;

export const DHCP_SETTINGS: DhcpSettings = {
  server: GATEWAY,
  mask: 0xffff_0000,
  router: GATEWAY,
  dns: GATEWAY,
  domain: "tabnix.internal",
  mtu: 9000,
  leaseSeconds: 3600,
  pool: { first: 0x0a56_0100, last: 0x0a56_01ff },
};

/** One Ethernet with a gateway; guests do not see each other. */
export class TestLink {
  readonly dhcp: DhcpServer;
  readonly dns: DnsServer;
  /** Turned off, nobody answers DHCP. */
  serves = true;
  /** The types of DHCP messages that came, "renewal" for a request to this server alone. */
  readonly asked: (number | "renewal")[] = [];
  onAsked: () => void = () => {};
  onTcp: (packet: Ipv4Packet) => void = () => {};

  constructor(options: { dhcp?: Partial<DhcpSettings>; forward?: Forward } = {}) {
    this.dhcp = new DhcpServer({ ...DHCP_SETTINGS, ...options.dhcp });
    this.dns = new DnsServer({
      names: (name) => (name === "gateway" ? GATEWAY : this.lease((l) => l.name === name)?.address),
      reverse: (address) =>
        address === GATEWAY ? "gateway" : this.lease((l) => l.address === address)?.name,
      forward: options.forward,
    });
  }

  /** Settles when a message of DHCP has come for which `is` holds. */
  whenAsked(is: (asked: TestLink["asked"]) => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.onAsked = () => {
        if (is(this.asked)) resolve();
      };
      this.onAsked();
    });
  }

  /** A frame of a guest; what answers it goes to `reply`. */
  receive(frame: Uint8Array, reply: (frame: Uint8Array) => void): void {
    const header = parseEthernet(frame);
    if (header?.type === etherType.arp) this.arp(frame, reply);
    const packet = header?.type === etherType.ipv4 ? parseIpv4(frame) : undefined;
    if (!header || !packet) return;
    const send = (
      answer: Uint8Array,
      to: { address: number; mac: number; protocol: number; source?: number },
    ) => {
      const { address, mac, source = GATEWAY } = to;
      writeIpv4(answer, { source, destination: address, protocol: to.protocol });
      writeEthernet(answer, { destination: mac, source: GATEWAY_MAC, type: etherType.ipv4 });
      reply(answer);
    };
    const back = { address: packet.source, mac: header.source };
    if (packet.protocol === protocol.icmp && packet.destination === GATEWAY) {
      const answer = echoReply(packet);
      if (answer) send(answer, { ...back, protocol: protocol.icmp });
    } else if (packet.protocol === protocol.udp) {
      this.udp(parseUdp(packet), (datagram, mac = header.source) =>
        send(encodeUdp(datagram), {
          address: datagram.destination,
          mac,
          protocol: protocol.udp,
        }),
      );
    } else if (packet.protocol === protocol.tcp) this.onTcp(packet);
  }

  private arp(frame: Uint8Array, reply: (frame: Uint8Array) => void): void {
    const message = parseArp(frame);
    if (message?.operation !== arpOperation.request || message.targetAddress !== GATEWAY) return;
    reply(
      encodeArp({
        operation: arpOperation.reply,
        senderMac: GATEWAY_MAC,
        senderAddress: GATEWAY,
        targetMac: message.senderMac,
        targetAddress: message.senderAddress,
      }),
    );
  }

  private udp(
    datagram: UdpDatagram | undefined,
    send: (datagram: UdpDatagram, mac?: number) => void,
  ): void {
    if (!datagram) return;
    const { source, sourcePort, destination, destinationPort, data } = datagram;
    if (destinationPort === dhcpPort.server) {
      const type = parseDhcp(data)?.type ?? 0;
      const answer = this.serves ? this.dhcp.handle(data) : undefined;
      if (answer) {
        send(
          {
            source: GATEWAY,
            sourcePort: dhcpPort.server,
            destination: answer.address,
            destinationPort: dhcpPort.client,
            data: answer.bytes,
          },
          answer.hardware,
        );
      }
      this.asked.push(destination === GATEWAY ? "renewal" : type);
      this.onAsked();
    } else if (destination === GATEWAY && destinationPort === DNS_PORT) {
      void this.dns.answer(data, { maxBytes: DNS_UDP_BYTES }).then((answer) => {
        if (!answer) return;
        send({
          source: GATEWAY,
          sourcePort: DNS_PORT,
          destination: source,
          destinationPort: sourcePort,
          data: answer,
        });
      });
    }
  }

  private lease(is: (lease: { address: number; name?: string }) => boolean) {
    return [...this.dhcp.leases()].find(is);
  }
}

/** A frame from the gateway, around a packet of which the IPv4 header is missing. */
export function gatewayFrame(
  packet: Uint8Array,
  to: { mac: number; address: number; protocol: number },
): Uint8Array {
  writeIpv4(packet, { source: GATEWAY, destination: to.address, protocol: to.protocol });
  writeEthernet(packet, { destination: to.mac, source: GATEWAY_MAC, type: etherType.ipv4 });
  return packet;
}

/** Who takes a guest's frames. What answers them goes to `reply`, or its own way. */
export interface FrameTaker {
  receive(frame: Uint8Array, reply: (frame: Uint8Array) => void): void;
}

/** The image's machine, restored, on a link. */
export async function networkedGuest(
  link: FrameTaker,
  options: { hostname: string; onPorts?: (ports: number[]) => void },
  name = "tiny",
): Promise<Guest> {
  const { manifest, store, index } = await openImage(name);
  const { snapshot, memoryMegabytes } = manifest;
  if (!snapshot) throw new Error("the image has no snapshot");
  const guest: Guest = await Guest.create({
    fs: new FileSystem({ index, store }),
    bios: new Uint8Array(0),
    memoryMegabytes,
    ...options,
    onFrame: (frame) => link.receive(frame, (answer) => guest.machine.receiveFrame(answer)),
  });
  guest.server.restore(await store.get(snapshot.filesystem));
  await guest.restore(await store.get(snapshot.machine));
  return guest;
}

async function openImage(name: string) {
  const folder = join(cacheFolder(), "images");
  const manifest = parseManifest(await readFile(join(folder, name, "manifest.json"), "utf8"), name);
  const store = new DirectoryStore(folder);
  return { manifest, store, index: decodeTreeIndex(await store.get(manifest.index)) };
}
