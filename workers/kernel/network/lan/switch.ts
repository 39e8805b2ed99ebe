/**
 * The switch of one tab: a bridge of three ports (IEEE 802.1D) — the guest's, the gateway's and, on a network
 * of tabs, that of the other machines. Its filtering database is not learnt from frames: a machine's hardware
 * address follows from its number, and who is there is known from presence. So no frame moves an entry, and
 * nothing is flooded but what is for many.
 *
 * ARP for other machines is answered here, as RFC 7432 (10) has it, and never leaves the tab: nobody can
 * claim an address by it. The other machines never reach this tab's gateway, which each has for itself.
 */
import { isMulticastMac } from "../link/addresses.ts";
import { arpOperation, encodeArp, parseArp } from "../link/arp.ts";
import { etherType, parseEthernet } from "../link/ethernet.ts";
import { GATEWAY_MAC } from "../network.ts";
import { macOf, numberAt } from "./numbers.ts";

export interface SwitchOptions {
  /** Each gets frames that are its own from then on. */
  toGuest(frame: Uint8Array): void;
  toGateway(frame: Uint8Array): void;
}

/** The way to the other machines. */
export interface LanPort {
  /** Whether a machine is there. */
  has(number: number): boolean;
  /** Sends a frame of the guest's, if it may cross. */
  send(frame: Uint8Array): void;
}

export class Switch {
  /** None while the machine is on no network of tabs. */
  lan: LanPort | undefined;
  readonly #options: SwitchOptions;

  constructor(options: SwitchOptions) {
    this.#options = options;
  }

  /** Takes a frame of the guest's. */
  fromGuest(frame: Uint8Array): void {
    const { lan } = this;
    const header = parseEthernet(frame);
    if (!header) return;
    const isForGateway = !lan || header.destination === GATEWAY_MAC;
    if (!isForGateway) {
      if (header.type === etherType.arp && this.#answerArp(frame, lan)) return;
      lan.send(frame);
    }
    if (isForGateway || isMulticastMac(header.destination)) this.#options.toGateway(frame);
  }

  /** Takes a frame of the gateway's, or one of another machine that may come in. */
  toGuest(frame: Uint8Array): void {
    this.#options.toGuest(frame);
  }

  /** @returns whether the frame asked for another machine */
  #answerArp(frame: Uint8Array, lan: LanPort): boolean {
    const message = parseArp(frame);
    const target = message && numberAt(message.targetAddress);
    if (message?.operation !== arpOperation.request || target === undefined || !lan.has(target)) {
      return false;
    }
    this.toGuest(
      encodeArp({
        operation: arpOperation.reply,
        senderMac: macOf(target),
        senderAddress: message.targetAddress,
        targetMac: message.senderMac,
        targetAddress: message.senderAddress,
      }),
    );
    return true;
  }
}
