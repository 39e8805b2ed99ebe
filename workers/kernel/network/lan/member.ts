/**
 * This tab as a member of a network of tabs: it has a number, is known by a name, and knows who else is
 * there. Frames of its guest go to the others, theirs come in, both through the {@link destinationOf} filter.
 */
import { LAN_ANSWER_MS, LAN_BROADCASTS_PER_SECOND } from "../../../shared/limits.ts";
import { formatIpv4 } from "../link/addresses.ts";
import type { LanChannel, LanHost } from "./channel.ts";
import { pairChannel, parseShared, type SharedMessage, sharedChannel } from "./contract.ts";
import { destinationOf, EVERYBODY } from "./filter.ts";
import { freeName } from "./names.ts";
import { type NumberLease, takeNumber, watchNumber } from "./number-lease.ts";
import { addressOf, numberAt } from "./numbers.ts";
import { PeerLink } from "./peer-link.ts";
import type { LanPort } from "./switch.ts";

export interface LanMemberOptions {
  network: string;
  /** The name that this machine wants. */
  hostname: string;
  /** Gets a frame for the guest; it is the callee's. */
  onFrame(frame: Uint8Array): void;
  /** Somebody came or went, or has another name; perhaps this machine. */
  onChange(): void;
  /** The browser has given the number to another tab: this one is to leave. */
  onLost(): void;
}

/** Another machine of the network. */
export interface LanPeer {
  /** Missing until it has told it. */
  name?: string;
  address: string;
}

interface Peer {
  name?: string;
  link: PeerLink;
  stopWatching(): void;
}

const SECOND_MS = 1000;

export class LanMember implements LanPort {
  readonly network: string;
  readonly number: number;
  readonly #host: LanHost;
  readonly #options: LanMemberOptions;
  readonly #lease: NumberLease;
  readonly #channel: LanChannel;
  readonly #peers = new Map<number, Peer>();
  readonly #storm = { second: 0, frames: 0 };
  /** Empty until it is chosen. */
  #name = "";

  private constructor(host: LanHost, options: LanMemberOptions, lease: NumberLease) {
    this.#host = host;
    this.#options = options;
    this.#lease = lease;
    this.network = options.network;
    this.number = lease.number;
    this.#channel = host.openChannel(sharedChannel(options.network));
    this.#channel.onmessage = ({ data }) => this.#receive(parseShared(data));
  }

  /**
   * Joins a network: takes a number, asks who is there, and takes a name that none of them has.
   *
   * @returns undefined when the network is full
   * @throws DOMException where the page may not use locks
   */
  static async join(host: LanHost, options: LanMemberOptions): Promise<LanMember | undefined> {
    const lease = await takeNumber(host.locks, options.network, () => options.onLost());
    if (!lease) return undefined;
    const member = new LanMember(host, options, lease);
    member.#post({ type: "hello", from: lease.number });
    await new Promise<void>((resolve) => host.clock.after(LAN_ANSWER_MS, resolve));
    member.#takeName();
    return member;
  }

  /** What this machine is called here. */
  get name(): string {
    return this.#name;
  }

  /** The other machines, in the order of their addresses. */
  get peers(): LanPeer[] {
    return [...this.#peers]
      .sort(([one], [other]) => one - other)
      .map(([number, { name }]) => ({
        address: formatIpv4(addressOf(number)),
        ...(name === undefined ? {} : { name }),
      }));
  }

  has(number: number): boolean {
    return this.#peers.has(number);
  }

  /** The address of another machine by its name; of two that took one at the same time, the first has it. */
  names(name: string): number | undefined {
    const numbers = [...this.#peers].filter(([, peer]) => peer.name === name).map(([at]) => at);
    return numbers.length === 0 ? undefined : addressOf(Math.min(...numbers));
  }

  reverse(address: number): string | undefined {
    return this.#peers.get(numberAt(address) ?? 0)?.name;
  }

  send(frame: Uint8Array): void {
    const to = destinationOf(frame, this.number);
    if (to !== EVERYBODY) this.#peers.get(to ?? 0)?.link.send(frame);
    else if (this.#mayBroadcast()) this.#post({ type: "frame", from: this.number, frame });
  }

  /** Leaves the network; the number is free for the next. */
  leave(): void {
    this.#post({ type: "bye", from: this.number });
    this.#channel.onmessage = null;
    this.#channel.close();
    for (const peer of this.#peers.values()) end(peer);
    this.#peers.clear();
    this.#lease.release();
  }

  #receive(message: SharedMessage | undefined): void {
    if (!message || message.from === this.number) return;
    const { from } = message;
    switch (message.type) {
      case "hello":
        this.#forget(from);
        this.#meet(from);
        if (this.#name !== "") this.#tell();
        break;
      case "here":
        this.#meet(from).name = message.name;
        this.#settleName(from, message.name);
        break;
      case "bye":
        this.#forget(from);
        break;
      case "frame":
        if (this.#peers.has(from)) this.#accept(message.frame.slice(), from, EVERYBODY);
        return;
    }
    this.#options.onChange();
  }

  /** The machine of a number, which is known from now on. */
  #meet(number: number): Peer {
    const known = this.#peers.get(number);
    if (known) return known;
    const { locks, clock, openChannel } = this.#host;
    const channel = openChannel(pairChannel(this.network, this.number, number));
    const peer: Peer = {
      link: new PeerLink(channel, clock, (frame) => this.#accept(frame, number, this.number)),
      stopWatching: watchNumber(locks, this.network, number, () => {
        if (this.#forget(number)) this.#options.onChange();
      }),
    };
    this.#peers.set(number, peer);
    return peer;
  }

  #forget(number: number): boolean {
    const peer = this.#peers.get(number);
    if (peer) end(peer);
    return this.#peers.delete(number);
  }

  #accept(frame: Uint8Array, from: number, to: number | typeof EVERYBODY): void {
    if (destinationOf(frame, from) === to) this.#options.onFrame(frame);
  }

  #takeName(): void {
    const taken = new Set<string>();
    for (const { name } of this.#peers.values()) if (name !== undefined) taken.add(name);
    this.#name = freeName(this.#options.hostname, this.number, taken);
    this.#tell();
  }

  /** Of two machines that took a name at the same time, the one with the lower number keeps it. */
  #settleName(from: number, name: string): void {
    if (name !== this.#name) return;
    if (from < this.number) this.#takeName();
    else this.#tell();
  }

  #tell(): void {
    this.#post({ type: "here", from: this.number, name: this.#name });
  }

  /** Storm control: a guest's broadcasts cost every tab something, and nobody says when it is too much. */
  #mayBroadcast(): boolean {
    const second = Math.floor(this.#host.clock.now() / SECOND_MS);
    const storm = this.#storm;
    if (storm.second !== second) Object.assign(storm, { second, frames: 0 });
    storm.frames += 1;
    return storm.frames <= LAN_BROADCASTS_PER_SECOND;
  }

  #post(message: SharedMessage): void {
    this.#channel.postMessage(message);
  }
}

function end({ link, stopWatching }: Peer): void {
  stopWatching();
  link.close();
}
