/** Where the relay connects to. Pure but for the relay's own addresses, which the system tells. */
import { networkInterfaces } from "node:os";
import { CLOSE_REASON } from "../../workers/shared/wisp/close-reasons.ts";
import { notGlobal } from "./address.ts";
import { type Destination, type Forward, findForward } from "./forwards.ts";
import { canonical, type Host, readHost } from "./host.ts";
import { Refusal } from "./refusal.ts";
import { matchesAddress, matchesName, matchesPort, type Rule } from "./rules.ts";

/** The operator's rules. What is denied stays denied, whatever else is allowed. */
export interface PolicyRules {
  /** Opened although the defaults close it: addresses, networks, ports. */
  allow: Rule[];
  /** Closed although the defaults open it. */
  deny: Rule[];
  /** When there are any, nothing else is reached. */
  only: Rule[];
  /** Reached at an address that is not its own, whatever `only` and the defaults say. */
  forward: Forward[];
}

/** Mail between servers: what spam needs, and nothing a person's program does. 465 and 587 ask for a login. */
const CLOSED_PORTS = [25];
const LOCAL_NAMES = ["localhost", "localdomain", "ip6-localhost", "ip6-loopback"];

export class Policy {
  readonly #rules: PolicyRules;
  readonly #own: () => Iterable<string>;

  /** @param own the relay's own addresses, canonical: behind them are services that trust their host */
  constructor(rules: PolicyRules, own: () => Iterable<string> = ownAddresses) {
    this.#rules = rules;
    this.#own = own;
  }

  /**
   * Where the operator has put what a client has asked for, if he has.
   *
   * @throws Refusal when what was asked for is denied
   */
  forwarded(spelled: string, port: number): Destination | undefined {
    const host = readHost(spelled);
    if (host.kind !== "address") return undefined;
    const to = findForward(this.#rules.forward, host.address, port);
    if (to) this.#checkDenied(host.address, port);
    return to;
  }

  /**
   * Judges what a client has asked for, before any name is looked up.
   *
   * @throws Refusal
   */
  checkHost(spelled: string, port: number): Exclude<Host, { kind: "invalid" }> {
    const host = readHost(spelled);
    if (host.kind === "invalid") {
      throw new Refusal(CLOSE_REASON.invalid, `The host cannot be connected to: ${host.why}.`);
    }
    if (port === 0) throw new Refusal(CLOSE_REASON.invalid, "There is no port 0.");
    if (host.kind === "address") {
      this.checkAddress(host.address, port);
      return host;
    }
    const last = host.name.slice(host.name.lastIndexOf(".") + 1);
    if (LOCAL_NAMES.includes(last)) throw blocked(`${host.name} is the relay itself`);
    if (this.#rules.deny.some((rule) => matchesPort(rule, port) && matchesName(rule, host.name))) {
      throw blocked(`${host.name} port ${port} is denied`);
    }
    return host;
  }

  /**
   * Judges an address that is to be connected to.
   *
   * @param address canonical
   * @param name what it was looked up for
   * @throws Refusal
   */
  checkAddress(address: string, port: number, name?: string): void {
    const { allow, only } = this.#rules;
    this.#checkDenied(address, port);
    const about = isAbout(address, port);
    const named = (rule: Rule) =>
      name !== undefined && matchesPort(rule, port) && matchesName(rule, name);
    if (only.length > 0 && !only.some((rule) => about(rule) || named(rule))) {
      throw blocked(`${name ?? address} port ${port} is not among what is reached`);
    }
    const allowed = allow.filter(about);
    if (CLOSED_PORTS.includes(port) && allowed.length === 0)
      throw blocked(`port ${port} is closed`);
    if (allowed.some((rule) => rule.network)) return;
    const why = notGlobal(address);
    if (why !== undefined) throw blocked(`${address} is ${why}`);
    for (const own of this.#own()) {
      if (own === address) throw blocked(`${address} is the relay itself`);
    }
  }

  #checkDenied(address: string, port: number): void {
    if (this.#rules.deny.some(isAbout(address, port))) {
      throw blocked(`${address} port ${port} is denied`);
    }
  }
}

function isAbout(address: string, port: number): (rule: Rule) => boolean {
  return (rule) => matchesPort(rule, port) && matchesAddress(rule, address);
}

/** The addresses of this computer's network cards now, canonical. */
export function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((card) =>
    (card ?? []).map(({ address }) => canonical(address.replace(/%.*$/, ""))),
  );
}

function blocked(why: string): Refusal {
  return new Refusal(CLOSE_REASON.blocked, `The relay does not connect there: ${why}.`);
}
