/** Connections to destinations: looked up once, every address judged, and connected to that very address. */
import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import { CLOSE_REASON, reasonOf } from "../../workers/shared/wisp/close-reasons.ts";
import { CANDIDATES, type RelayLimits } from "../limits.ts";
import type { Destination } from "../policy/forwards.ts";
import { canonical } from "../policy/host.ts";
import type { Policy } from "../policy/policy.ts";
import { Refusal } from "../policy/refusal.ts";
import type { Resolve } from "./resolver.ts";
import { SocketStream } from "./socket-stream.ts";

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
   * @returns a connection that is open
   * @throws Refusal
   */
  async tcp(host: string, port: number, signal: AbortSignal): Promise<SocketStream> {
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

  async #connect({ address, port }: Destination, signal: AbortSignal): Promise<SocketStream> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), this.#limits.connectMs);
    const given = AbortSignal.any([signal, late.signal]);
    try {
      return await SocketStream.connect(
        {
          host: address,
          port,
          noDelay: true,
          keepAlive: true,
          // There is nothing to look up: if ever there were, it must not happen behind the policy's back.
          lookup: () => {
            throw new Refusal(CLOSE_REASON.blocked, "A name was not looked up.");
          },
        },
        given,
      );
    } catch (error) {
      if (given.aborted) throw new Refusal(CLOSE_REASON.timeout, "The host did not answer.");
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Any error of the system as what WISP says of it. */
export function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
  return new Refusal(reasonOf(code), `The connection failed: ${code ?? String(error)}.`);
}
