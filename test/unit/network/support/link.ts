/** Two hosts on a link that may lose, repeat, delay and damage frames. */

import {
  MAC_BROADCAST,
  parseIpv4,
  readMac,
} from "../../../../workers/kernel/network/link/addresses.ts";
import {
  ETHERNET_HEADER_BYTES,
  etherType,
  parseEthernet,
} from "../../../../workers/kernel/network/link/ethernet.ts";
import { Gateway } from "../../../../workers/kernel/network/link/gateway.ts";
import type { UdpDatagram } from "../../../../workers/kernel/network/link/udp.ts";
import type { TcpConnection } from "../../../../workers/kernel/network/tcp/connection.ts";
import type { IncomingConnection } from "../../../../workers/kernel/network/tcp/endpoint.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** What happens to one frame: copies of it arrive after so many milliseconds, whole or not. */
export interface Fate {
  delays: number[];
  damage?: { at: number; xor: number };
}

export const FAITHFUL: Fate = { delays: [1] };

export interface Host {
  gateway: Gateway;
  address: number;
  datagrams: UdpDatagram[];
  /** What to do with connections from the other; accepted and kept in `accepted` unless set. */
  onIncoming: (incoming: IncomingConnection) => void;
  accepted: TcpConnection[];
}

export interface Link {
  one: Host;
  other: Host;
  /** Every frame that was put on the link. */
  frames: Uint8Array[];
}

export const ONE = parseIpv4("10.86.0.1")!;
export const OTHER = parseIpv4("10.86.0.2")!;
const MASK = 0xffff_0000;

/** @param fate of each frame, in the order they are sent */
export function makeLink(
  clock: VirtualClock,
  options: { mtu?: number; fate?: (frame: Uint8Array) => Fate } = {},
): Link {
  const { mtu = 1500, fate = () => FAITHFUL } = options;
  const frames: Uint8Array[] = [];
  const hosts: Host[] = [];
  const transmit = (frame: Uint8Array) => {
    frames.push(frame.slice());
    const { delays, damage } = fate(frame);
    const bytes = frame.slice();
    // Ethernet's own check, which is no part of the frames here, guards its header and ARP.
    if (damage && parseEthernet(bytes)?.type === etherType.ipv4) {
      const at = ETHERNET_HEADER_BYTES + (damage.at % (bytes.length - ETHERNET_HEADER_BYTES));
      bytes[at]! ^= damage.xor;
    }
    for (const delay of delays) {
      clock.after(delay, () => {
        const destination = readMac(bytes, 0);
        for (const [at, host] of hosts.entries()) {
          if (destination === MAC_BROADCAST || destination === at + 1) {
            host.gateway.receive(bytes.slice());
          }
        }
      });
    }
  };
  for (const [at, address] of [ONE, OTHER].entries()) {
    const host: Host = {
      address,
      datagrams: [],
      accepted: [],
      onIncoming: (incoming) => host.accepted.push(incoming.accept()),
      gateway: new Gateway({
        address,
        mask: MASK,
        mac: at + 1,
        mtu,
        clock,
        // A host of its own does not hear itself.
        transmit: (frame) => transmit(frame),
        guest: () => (address === ONE ? OTHER : ONE),
        onIncoming: (incoming) => host.onIncoming(incoming),
        onDatagram: (datagram) => host.datagrams.push(datagram),
      }),
    };
    hosts.push(host);
  }
  return { one: hosts[0]!, other: hosts[1]!, frames };
}

/** A connection from one host to the other, and its other end. */
export async function connect(
  clock: VirtualClock,
  { one, other }: Link,
  port = 80,
): Promise<{ client: TcpConnection; server: TcpConnection }> {
  const client = await clock.until(
    one.gateway.tcp.connect({ source: one.address, destination: other.address, port }),
  );
  return { client, server: other.accepted.at(-1)! };
}
