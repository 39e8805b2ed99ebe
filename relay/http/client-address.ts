/** Who a request is from, where a reverse proxy may stand in between. */
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import type { Visitor } from "../ingress/headers.ts";
import { canonical } from "../policy/host.ts";
import { matchesAddress, type Rule } from "../policy/rules.ts";

/** A visitor, and whether a proxy has spoken for him. */
export interface Client extends Visitor {
  /** On this very computer, and not through a proxy. */
  local: boolean;
}

/**
 * The nearest address that is not one of the trusted proxies. What a visitor puts into the header himself
 * stands further away and does not count.
 *
 * @param proxies networks whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed
 */
export function readClient(request: IncomingMessage, proxies: Rule[]): Client {
  const peer = canonical((request.socket.remoteAddress ?? "::").replace(/%.*$/, ""));
  const forwarded = request.headers["x-forwarded-for"];
  const isProxy = (address: string) => proxies.some((rule) => matchesAddress(rule, address));
  if (forwarded === undefined || !isProxy(peer)) {
    const local = ipaddr.parse(peer).range() === "loopback" && forwarded === undefined;
    return { address: peer, protocol: "http", local };
  }
  let address = peer;
  const hops = (Array.isArray(forwarded) ? forwarded.join(",") : forwarded).split(",").reverse();
  for (const hop of hops) {
    const text = hop.trim();
    // A zone, a port or a name: nothing that a proxy of ours would write.
    if (!isIP(text) || text.includes("%")) break;
    address = canonical(text);
    if (!isProxy(address)) break;
  }
  const protocol = request.headers["x-forwarded-proto"] === "https" ? "https" : "http";
  return { address, protocol, local: false };
}
