/** Keeps a machine on the network of tabs that the page has chosen: joins, leaves, and tells the guest who it is. */
import { LAN_LAST_NUMBER } from "../../../shared/limits.ts";
import type { HostIdentity, LanState } from "../contract.ts";
import { formatIpv4, randomMac } from "../link/addresses.ts";
import { NETWORK, type Network } from "../network.ts";
import type { LanHost } from "./channel.ts";
import { LanMember } from "./member.ts";
import { addressOf, macOf } from "./numbers.ts";
import type { Switch } from "./switch.ts";

/** A machine, from where its network is. */
export interface LanMachine {
  network: Network;
  bridge: Switch;
  /** What it is called on no network of tabs, and wants to be called on one. */
  hostname: string;
  identify(identity: HostIdentity): void;
}

const NO_LAN =
  "This browser has no local networks here: they need Web Locks and BroadcastChannel, and a page that comes by HTTPS.";

export class LanService {
  readonly #host: LanHost | undefined;
  readonly #post: (state: LanState) => void;
  #machine: LanMachine | undefined;
  #network: string | undefined;
  #choices = 0;
  #member: LanMember | undefined;
  /** The name that the guest knows itself by. */
  #name = "";

  /** @param host undefined where the browser cannot have such networks */
  constructor(host: LanHost | undefined, post: (state: LanState) => void) {
    this.#host = host;
    this.#post = post;
  }

  /** A machine takes the place of the one before. */
  attach(machine: LanMachine): void {
    if (this.#machine) this.#machine.bridge.lan = undefined;
    this.#machine = machine;
    if (this.#member) this.#moveIn(machine, this.#member);
  }

  /** Joins a network in place of the one before; without a name, only leaves. What comes of it is posted. */
  async join(network: string | undefined): Promise<void> {
    if (network === this.#network) return;
    this.#leave();
    this.#network = network;
    const choice = ++this.#choices;
    // The visitor may choose another one meanwhile, and this one again.
    const fail = (reason: string) => {
      if (choice === this.#choices && network !== undefined) this.#fail(network, reason);
    };
    if (network === undefined) return this.#post({ state: "off" });
    if (!this.#host) return fail(NO_LAN);
    this.#post({ state: "joining", network });
    try {
      const joining = LanMember.join(this.#host, {
        network,
        hostname: this.#machine?.hostname ?? "",
        onFrame: (frame) => this.#machine?.bridge.toGuest(frame),
        onChange: () => void joining.then((member) => member === this.#member && this.#onChange()),
        onLost: () => fail("Another tab has taken this machine's place."),
      });
      const member = await joining;
      if (choice !== this.#choices) member?.leave();
      else if (member) this.#begin(member);
      else fail(`All ${LAN_LAST_NUMBER - 1} places of the local network are taken.`);
    } catch (error) {
      fail(`The local network cannot be joined: ${String(error)}.`);
    }
  }

  #begin(member: LanMember): void {
    this.#member = member;
    if (this.#machine) this.#moveIn(this.#machine, member);
    this.#onChange();
  }

  /** The guest gets its place on the network: an address, a hardware address, a name. */
  #moveIn({ network, bridge, identify }: LanMachine, member: LanMember): void {
    const hardware = macOf(member.number);
    this.#name = member.name;
    network.become({ hostname: member.name, address: addressOf(member.number), hardware });
    network.peers = {
      names: (name) => member.names(name),
      reverse: (address) => member.reverse(address),
    };
    bridge.lan = member;
    identify({ hostname: member.name, hardware });
  }

  #leave(): void {
    if (!this.#member) return;
    this.#member.leave();
    this.#member = undefined;
    if (!this.#machine) return;
    const { network, bridge, hostname, identify } = this.#machine;
    const hardware = randomMac();
    bridge.lan = undefined;
    network.peers = undefined;
    network.become({ hostname, address: NETWORK.guest, hardware });
    identify({ hostname, hardware });
  }

  #fail(network: string, reason: string): void {
    this.#leave();
    // It may be tried again.
    this.#network = undefined;
    this.#post({ state: "failed", network, reason });
  }

  #onChange(): void {
    const { network, number, name: hostname, peers } = this.#member!;
    if (this.#machine && hostname !== this.#name) {
      this.#name = hostname;
      this.#machine.network.hostname = hostname;
      this.#machine.identify({ hostname });
    }
    const address = formatIpv4(addressOf(number));
    this.#post({ state: "joined", network, hostname, address, peers });
  }
}
