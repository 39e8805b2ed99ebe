/** Who uses the relay how much: connections and bytes, of each token and of each address. */
import type { RelayLimits } from "../limits.ts";
import { Bucket } from "./bucket.ts";

/** One connection's part in the counts. */
export interface Account {
  /** Takes bytes; returns how long to wait before the next, in milliseconds. */
  spend(bytes: number): number;
  /** The connection is over. */
  close(): void;
}

interface Entry {
  connections: number;
  bucket: Bucket;
}

/** Entries that nobody uses are kept while their buckets fill again: at most so many. */
const KEPT_ENTRIES = 10_000;

export class Accounts {
  readonly #limits: RelayLimits;
  readonly #tokens = new Map<string, Entry>();
  readonly #addresses = new Map<string, Entry>();
  #connections = 0;

  constructor(limits: RelayLimits) {
    this.#limits = limits;
  }

  /** Connections now. */
  get connections(): number {
    return this.#connections;
  }

  /**
   * Counts a connection in.
   *
   * @param subject of its token
   * @returns why there is no room for it, as a sentence, or its account
   */
  open(subject: string, address: string): Account | string {
    const limits = this.#limits;
    if (this.#connections >= limits.connections)
      return "The relay has no room for more connections.";
    const token = this.#entry(this.#tokens, subject);
    const place = this.#entry(this.#addresses, network(address));
    if (token.connections >= limits.connectionsPerToken) {
      return `This token has ${token.connections} connections already.`;
    }
    if (place.connections >= limits.connectionsPerAddress) {
      return `This address has ${place.connections} connections already.`;
    }
    this.#connections++;
    token.connections++;
    place.connections++;
    let open = true;
    return {
      spend: (bytes) => Math.max(token.bucket.spend(bytes), place.bucket.spend(bytes)),
      close: () => {
        if (!open) return;
        open = false;
        this.#connections--;
        token.connections--;
        place.connections--;
      },
    };
  }

  #entry(entries: Map<string, Entry>, key: string): Entry {
    let entry = entries.get(key);
    if (!entry) {
      if (entries.size >= KEPT_ENTRIES) this.#forget(entries);
      const { bytesPerSecond, burstBytes } = this.#limits;
      entry = { connections: 0, bucket: new Bucket(bytesPerSecond, burstBytes) };
      entries.set(key, entry);
    }
    return entry;
  }

  #forget(entries: Map<string, Entry>): void {
    for (const [key, { connections, bucket }] of entries) {
      if (connections === 0 && bucket.full) entries.delete(key);
    }
    // Still too many: somebody with many addresses. The oldest unused go.
    for (const [key, { connections }] of entries) {
      if (entries.size < KEPT_ENTRIES) return;
      if (connections === 0) entries.delete(key);
    }
  }
}

/** Who has one IPv6 address has the 2^64 of its network. */
function network(address: string): string {
  if (!address.includes(":")) return address;
  const [head = "", tail = ""] = address.split("::");
  const high = head.split(":").filter((part) => part !== "");
  const low = address.includes("::") ? tail.split(":").filter((part) => part !== "") : [];
  const zeros = Array<string>(Math.max(0, 8 - high.length - low.length)).fill("0");
  return `${[...high, ...zeros, ...low].slice(0, 4).join(":")}::/64`;
}
