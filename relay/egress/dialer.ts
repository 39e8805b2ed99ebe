/** Connections to destinations: looked up once, every address judged, and connected to that very address. */
import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { connect, isIPv6, type Socket } from "node:net";
import { CLOSE_REASON, reasonOf } from "../../workers/shared/wisp/close-reasons.ts";
import { CANDIDATES, type RelayLimits } from "../limits.ts";
import type { Destination } from "../policy/forwards.ts";
import { canonical } from "../policy/host.ts";
import type { Policy } from "../policy/policy.ts";
import { Refusal } from "../policy/refusal.ts";
import type { Resolve } from "./resolver.ts";

export class Dialer {
  readonly #policy: Policy;
  readonly #resolve: Resolve;
  readonly #limits: RelayLimits;

  constructor(policy: Policy, resolve: Resolve, limits: RelayLimits) {
    this.#policy = policy;
    this.#resolve = resolve;
    this.#limits = limits;
  }

  /**
   * Connects by TCP, to one address after the other.
   *
   * @param signal ends the attempt
   * @returns a socket that is paused, and whose halves end separately
   * @throws Refusal
   */
  async tcp(host: string, port: number, signal: AbortSignal): Promise<Socket> {
    const deadline = AbortSignal.timeout(this.#limits.openMs);
    const candidates = await this.#candidates(host, port);
    let last = new Refusal(CLOSE_REASON.timeout, "There was no time left to connect.");
    for (const candidate of candidates) {
      if (signal.aborted || deadline.aborted) break;
      try {
        return await this.#connect(candidate, AbortSignal.any([signal, deadline]));
      } catch (error) {
        last = toRefusal(error);
      }
    }
    throw last;
  }

  /**
   * A UDP socket that sends to, and hears, one address only.
   *
   * @throws Refusal
   */
  async udp(host: string, port: number): Promise<UdpSocket> {
    const [{ address, port: actual }] = await this.#candidates(host, port);
    const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once("error", reject);
        socket.connect(actual, address, () => {
          socket.off("error", reject);
          resolve();
        });
      });
    } catch (error) {
      socket.close();
      throw toRefusal(error);
    }
    return socket;
  }

  /** What may be connected to, in the order of trying. */
  async #candidates(host: string, port: number): Promise<[Destination, ...Destination[]]> {
    const forwarded = this.#policy.forwarded(host, port);
    if (forwarded) return [forwarded];
    const wanted = this.#policy.checkHost(host, port);
    if (wanted.kind === "address") return [{ address: wanted.address, port }];
    const found = await this.#resolve(wanted.name);
    let refusal = new Refusal(CLOSE_REASON.unreachable, "The name has no address.");
    const allowed: Destination[] = [];
    for (const spelled of found.slice(0, CANDIDATES)) {
      try {
        const address = canonical(spelled);
        this.#policy.checkAddress(address, port, wanted.name);
        allowed.push({ address, port });
      } catch (error) {
        refusal = toRefusal(error);
      }
    }
    const [first, ...others] = allowed;
    if (!first) throw refusal;
    return [first, ...others];
  }

  #connect({ address, port }: Destination, signal: AbortSignal): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = connect({
        host: address,
        port,
        allowHalfOpen: true,
        noDelay: true,
        keepAlive: true,
        // There is nothing to look up: if ever there were, it must not happen behind the policy's back.
        lookup: () => reject(new Refusal(CLOSE_REASON.blocked, "A name was not looked up.")),
      });
      const fail = (error: Error) => {
        done();
        socket.destroy();
        reject(error);
      };
      const late = () => fail(new Refusal(CLOSE_REASON.timeout, "The host did not answer."));
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", late);
        socket.off("error", fail);
      };
      const timer = setTimeout(late, this.#limits.connectMs);
      signal.addEventListener("abort", late);
      socket.once("error", fail);
      socket.once("connect", () => {
        done();
        // Until somebody else listens: an error that nobody hears would end the relay.
        socket.on("error", () => {});
        resolve(socket);
      });
    });
  }
}

/** Any error of the system as what WISP says of it. */
export function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
  return new Refusal(reasonOf(code), `The connection failed: ${code ?? String(error)}.`);
}
