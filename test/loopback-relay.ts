/** How tests and the benchmark run a relay: on loopback, on a port of its own, and silent. */
import { DEFAULT_LIMITS } from "../relay/limits.ts";
import type { RelayOptions } from "../relay/options.ts";
import { readForward } from "../relay/policy/forwards.ts";
import { readRule } from "../relay/policy/rules.ts";

/** Options of a relay that reaches these destinations besides the public; as on the command line. */
export function loopbackRelay(open: {
  allow?: readonly string[];
  forward?: readonly string[];
}): RelayOptions {
  const { allow = [], forward = [] } = open;
  return {
    host: "127.0.0.1",
    port: 0,
    secret: undefined,
    origins: [],
    rules: { allow: allow.map(readRule), deny: [], only: [], forward: forward.map(readForward) },
    publicUrl: undefined,
    proxies: [],
    publicMetrics: false,
    nameServers: [],
    motd: "",
    log: () => {},
    limits: DEFAULT_LIMITS,
  };
}
