/** Names to addresses, straight from the DNS: no hosts file, no search domains, no cache of the system. */
import { promises as dns } from "node:dns";
import { CLOSE_REASON } from "../../workers/shared/wisp/close-reasons.ts";
import { Refusal } from "../policy/refusal.ts";

/** Looks a name up once. All addresses that it has now, IPv6 and IPv4 in turns. */
export type Resolve = (name: string) => Promise<string[]>;

/**
 * A resolver by the system's name servers, or given ones.
 *
 * @param servers addresses with or without ports, as `dns.setServers` takes them; empty for the system's
 * @throws Refusal from the lookup: the name has no address, or nobody answered
 */
export function makeResolver(timeoutMs: number, servers: string[] = []): Resolve {
  const resolver = new dns.Resolver({ timeout: Math.ceil(timeoutMs / 2), tries: 2 });
  if (servers.length > 0) resolver.setServers(servers);
  return async (name) => {
    const [six, four] = await Promise.allSettled([
      resolver.resolve6(name),
      resolver.resolve4(name),
    ]);
    const found = alternate(
      six.status === "fulfilled" ? six.value : [],
      four.status === "fulfilled" ? four.value : [],
    );
    if (found.length > 0) return found;
    const answered = [six, four].some(
      (result) => result.status === "rejected" && isAnswer(result.reason),
    );
    if (answered) throw new Refusal(CLOSE_REASON.unreachable, "The name has no address.");
    throw new Refusal(CLOSE_REASON.timeout, "The name server did not answer.");
  };
}

/** Whether a name server has said that there is nothing, as opposed to nothing at all. */
function isAnswer(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === dns.NOTFOUND || code === dns.NODATA;
}

function alternate(one: string[], other: string[]): string[] {
  const all: string[] = [];
  for (let i = 0; i < Math.max(one.length, other.length); i++) {
    all.push(...one.slice(i, i + 1), ...other.slice(i, i + 1));
  }
  return all;
}
