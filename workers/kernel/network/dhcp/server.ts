/**
 * The network's DHCP server (RFC 2131), on the payloads of UDP datagrams: it knows neither sockets nor
 * frames. It is the only one of its network and says so (RFC 2131, 4.3.2: an unknown address that is free
 * is confirmed, not passed over in silence): it may have lost its table when the page was reloaded.
 */
import { DHCP_OFFER_MS } from "../../../shared/limits.ts";
import { IPV4_BROADCAST, isMulticastMac, MAC_BROADCAST } from "../link/addresses.ts";
import { type AddressPool, type DhcpLease, LeaseTable } from "./leases.ts";
import {
  addressOption,
  bootOperation,
  type DhcpMessage,
  dhcpOption,
  dhcpType,
  encodeDhcp,
  optionValue,
  parseDhcp,
} from "./message.ts";

export interface DhcpSettings {
  /** The server's own address: option 54. */
  server: number;
  mask: number;
  router: number;
  dns: number;
  domain: string;
  /** Of the clients' interfaces: option 26. */
  mtu: number;
  leaseSeconds: number;
  /** When a client renews, in seconds (option 58); half of the lease if it is left out. */
  renewalSeconds?: number;
  pool: AddressPool;
  /** Clients whose address is settled: the machine's own guest. Such addresses are not in the pool. */
  addressFor?: (hardware: number) => number | undefined;
  /** Clients that are told their host name: option 12. */
  nameFor?: (hardware: number) => string | undefined;
  /** Milliseconds; by default of the clock that nobody sets. */
  now?: () => number;
}

export interface DhcpReply {
  /** The payload of a datagram from port 67 to port 68. */
  bytes: Uint8Array;
  /** Where it goes. The client may not answer ARP for the address yet, so the hardware address is given too. */
  address: number;
  hardware: number;
}

/** T2 is at seven eighths of a lease (RFC 2131, 4.4.5). */
const REBINDING_PART = 7 / 8;
const ANY_ADDRESS = 0;
/** One label of a host name (RFC 1123, 2.1). */
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

export class DhcpServer {
  private readonly settings: DhcpSettings;
  private readonly now: () => number;
  private readonly table: LeaseTable;

  constructor(settings: DhcpSettings) {
    this.settings = settings;
    this.now = settings.now ?? (() => performance.now());
    this.table = new LeaseTable(settings.pool, this.now);
  }

  /** What is leased now: whom DNS can name. */
  leases(): Iterable<Readonly<DhcpLease>> {
    return this.table.active();
  }

  /** Takes a datagram to port 67. @returns what to answer; undefined where there is nothing to say */
  handle(payload: Uint8Array): DhcpReply | undefined {
    const message = parseDhcp(payload);
    if (message?.operation !== bootOperation.request) return undefined;
    // Nothing relays on a network of one link (RFC 2131, 4.1), and no client is many.
    if (message.relayAddress !== 0 || isMulticastMac(message.hardware)) return undefined;
    switch (message.type) {
      case dhcpType.discover:
        return this.offer(message);
      case dhcpType.request:
        return this.request(message);
      case dhcpType.decline:
        return this.decline(message);
      case dhcpType.release:
        return this.release(message);
      case dhcpType.inform:
        return this.reply(message, dhcpType.ack, undefined);
      default:
        return undefined;
    }
  }

  /** RFC 2131, 4.3.1. */
  private offer(message: DhcpMessage): DhcpReply | undefined {
    const { hardware } = message;
    const requested = addressOption(message, dhcpOption.requestedAddress);
    const address = this.settings.addressFor?.(hardware) ?? this.table.choose(hardware, requested);
    if (address === undefined) return undefined;
    const known = this.table.find(hardware);
    // Who has a lease and asks anew keeps it, whether the offer is taken or not.
    const keeps = known?.bound && known.address === address && known.expires > this.now();
    if (!keeps && !this.keep(message, address, DHCP_OFFER_MS, false)) return undefined;
    return this.reply(message, dhcpType.offer, address);
  }

  /** RFC 2131, 4.3.2: which of the four states the client is in shows in what it fills in. */
  private request(message: DhcpMessage): DhcpReply | undefined {
    const { hardware, clientAddress } = message;
    const chosen = addressOption(message, dhcpOption.serverIdentifier);
    const known = this.table.find(hardware);
    if (chosen !== undefined && chosen !== this.settings.server) {
      // SELECTING, and another server was chosen.
      if (known && !known.bound) this.table.remove(hardware);
      return undefined;
    }
    // RENEWING and REBINDING name the address that they have, SELECTING and INIT-REBOOT what they want.
    const wanted = clientAddress || addressOption(message, dhcpOption.requestedAddress);
    if (!wanted) return undefined;
    const settled = this.settings.addressFor?.(hardware);
    const isRight =
      settled === undefined
        ? this.table.isFree(wanted, hardware) && (chosen === undefined || known?.address === wanted)
        : settled === wanted;
    const milliseconds = this.settings.leaseSeconds * 1000;
    if (!isRight || !this.keep(message, wanted, milliseconds, true)) return this.refuse(message);
    return this.reply(message, dhcpType.ack, wanted);
  }

  /** RFC 2131, 4.3.3: somebody else uses the address. Only who was given it can say so. */
  private decline(message: DhcpMessage): undefined {
    const known = this.table.find(message.hardware);
    if (!known || addressOption(message, dhcpOption.requestedAddress) !== known.address) return;
    this.table.remove(message.hardware);
    this.table.decline(known.address);
  }

  /** RFC 2131, 4.3.4: the address is free, and remembered for the client. */
  private release(message: DhcpMessage): undefined {
    const known = this.table.find(message.hardware);
    if (known?.address === message.clientAddress) known.expires = this.now();
  }

  /** @returns false when there is no room for another lease */
  private keep(message: DhcpMessage, address: number, ms: number, bound: boolean): boolean {
    const name = hostName(message);
    return this.table.put({
      hardware: message.hardware,
      address,
      expires: this.now() + ms,
      bound,
      ...(name === undefined ? {} : { name }),
    });
  }

  /** An OFFER or ACK with all that there is to say (RFC 2131, 4.3.1, table 3); without an address, of INFORM. */
  private reply(
    message: DhcpMessage,
    type: number,
    address: number | undefined,
  ): DhcpReply | undefined {
    const { server, mask, router, dns, domain, mtu, leaseSeconds, renewalSeconds } = this.settings;
    // Where INFORM does not say who asks, nobody could be answered.
    if (address === undefined && message.clientAddress === 0) return undefined;
    const number = (code: number, value: number, bytes: 2 | 4 = 4) =>
      [code, optionValue(value, bytes)] as const;
    const text = (code: number, value: string) => [code, new TextEncoder().encode(value)] as const;
    const name = this.settings.nameFor?.(message.hardware);
    const options = new Map<number, Uint8Array>([
      number(dhcpOption.serverIdentifier, server),
      ...(address === undefined
        ? []
        : [
            number(dhcpOption.leaseTime, leaseSeconds),
            number(dhcpOption.renewalTime, renewalSeconds ?? Math.floor(leaseSeconds / 2)),
            number(dhcpOption.rebindingTime, Math.floor(leaseSeconds * REBINDING_PART)),
          ]),
      number(dhcpOption.subnetMask, mask),
      number(dhcpOption.broadcastAddress, ((server & mask) | ~mask) >>> 0),
      number(dhcpOption.router, router),
      number(dhcpOption.domainNameServer, dns),
      text(dhcpOption.domainName, domain),
      number(dhcpOption.interfaceMtu, mtu, 2),
      ...(name === undefined ? [] : [text(dhcpOption.hostName, name)]),
    ]);
    return this.send(message, type, address ?? ANY_ADDRESS, options);
  }

  private refuse(message: DhcpMessage): DhcpReply {
    const reason = new TextEncoder().encode("The address is not this client's.");
    const options = new Map([
      [dhcpOption.serverIdentifier as number, optionValue(this.settings.server, 4)],
      [dhcpOption.message as number, reason],
    ]);
    // To everybody, whatever the client says that it has (RFC 2131, 4.1).
    return this.send({ ...message, clientAddress: 0, broadcast: true }, dhcpType.nak, 0, options);
  }

  private send(
    message: DhcpMessage,
    type: number,
    address: number,
    options: Map<number, Uint8Array>,
  ): DhcpReply {
    const { clientAddress, broadcast, hardware, transaction } = message;
    // RFC 6842: who has named itself finds the name in the answer.
    const identifier = message.options.get(dhcpOption.clientIdentifier);
    if (identifier) options.set(dhcpOption.clientIdentifier, identifier);
    const bytes = encodeDhcp({
      operation: bootOperation.reply,
      transaction,
      broadcast,
      clientAddress: type === dhcpType.ack ? clientAddress : 0,
      yourAddress: address,
      relayAddress: 0,
      hardware,
      type,
      options,
    });
    // RFC 2131, 4.1: to the address that the client has, else as it can take it.
    if (clientAddress !== 0) return { bytes, address: clientAddress, hardware };
    if (broadcast) return { bytes, address: IPV4_BROADCAST, hardware: MAC_BROADCAST };
    return { bytes, address, hardware };
  }
}

/** What the client calls itself (option 12), its first label; undefined where that is no host name. */
function hostName({ options }: DhcpMessage): string | undefined {
  const value = options.get(dhcpOption.hostName);
  const label = value && new TextDecoder().decode(value).split(".")[0]?.toLowerCase();
  return label !== undefined && LABEL.test(label) ? label : undefined;
}
