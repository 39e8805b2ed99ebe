/** Which tab serves which name. */
import { randomInt } from "node:crypto";
import { INGRESS_CLOSE } from "../../workers/shared/ingress/frame.ts";
import { type Access, mayUseName } from "../access/token.ts";
import type { Tunnel } from "./tunnel.ts";

/** One label of a host name, in lower case. */
export const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

const LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";
/** 36^12: nobody finds an address by trying. */
const RANDOM_LETTERS = 12;

export class Names {
  readonly #tunnels = new Map<string, Tunnel>();

  /** The tab that serves a name now. */
  get(name: string): Tunnel | undefined {
    return this.#tunnels.get(name);
  }

  /** All tabs. */
  values(): Iterable<Tunnel> {
    return this.#tunnels.values();
  }

  /** How many there are. */
  get size(): number {
    return this.#tunnels.size;
  }

  /** Whether a name is somebody else's now. */
  isTaken(name: string, subject: string): boolean {
    const old = this.#tunnels.get(name);
    return old !== undefined && old.subject !== subject;
  }

  /**
   * Gives a name to a tab. Who owns it already and comes again has lost the old connection, or wants the new
   * one: the old one is closed.
   */
  claim(name: string, tunnel: Tunnel): void {
    const old = this.#tunnels.get(name);
    this.#tunnels.set(name, tunnel);
    old?.close(INGRESS_CLOSE.replaced, "another tab of yours has taken this name");
  }

  /** A tab is gone. What has taken its name meanwhile stays. */
  release(name: string, tunnel: Tunnel): void {
    if (this.#tunnels.get(name) === tunnel) this.#tunnels.delete(name);
  }
}

/**
 * The name for a tab that asks for one, or leaves it to the relay: then the first of its token, or a random one.
 *
 * @returns undefined when its token does not allow that
 */
export function chooseName(wanted: string | null, access: Access): string | undefined {
  if (wanted !== null) return NAME.test(wanted) && mayUseName(access, wanted) ? wanted : undefined;
  const own = access.scope.find((scope) => /^ingress:[^*]/.test(scope));
  if (own !== undefined) return own.slice("ingress:".length);
  if (!access.scope.includes("ingress:*")) return undefined;
  return Array.from({ length: RANDOM_LETTERS }, () => LETTERS[randomInt(LETTERS.length)]).join("");
}
