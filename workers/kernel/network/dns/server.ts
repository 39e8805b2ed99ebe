/**
 * The network's DNS server: names of its hosts, and a forwarder for all others (RFC 1035; negative
 * answers: RFC 2308; special names: RFC 6761). It knows neither sockets nor resolvers.
 */
import {
  DNS_QUERIES_UNDER_WAY,
  DNS_TCP_BYTES,
  DNS_TIMEOUT_MS,
  DNS_UDP_BYTES,
} from "../../../shared/limits.ts";
import { read16, write32 } from "../link/addresses.ts";
import { AnswerCache } from "./cache.ts";
import { isIn, LOCAL_DOMAIN, type LocalNames, localAnswer } from "./local-names.ts";
import {
  DNS_CLASS_IN,
  DNS_PLAIN_UDP_BYTES,
  type DnsQuery,
  dnsFlag,
  dnsType,
  encodeEdns,
  encodeMessage,
  encodeName,
  encodeRecord,
  parseQuery,
  rcode,
} from "./message.ts";
import { answerAgain, parseAnswer, type ResolverAnswer } from "./resolver-answer.ts";

/** Asks a resolver; rejects, or keeps the signal's promise, when there is no answer. */
export type Forward = (query: Uint8Array, signal: AbortSignal) => Promise<Uint8Array>;

export interface DnsSettings extends LocalNames {
  /** Left out without a way to the Internet. */
  forward?: Forward | undefined;
  timeoutMs?: number;
  /** Milliseconds; by default of the clock that nobody sets. */
  now?: () => number;
}

export interface AnswerOptions {
  /** What the way back takes: of UDP what a datagram may be, of TCP DNS_TCP_BYTES. */
  maxBytes: number;
  /** Over TCP nothing is cut to what the client takes by UDP. */
  overTcp?: boolean;
}

/** How long a client may remember a name of this network, in seconds: guests come and go. */
const LOCAL_TTL = 5;

export class DnsServer {
  /** May be set and taken away while the server runs. */
  forward: Forward | undefined;
  private readonly settings: DnsSettings;
  private readonly cache: AnswerCache;
  private readonly underWay = new Map<string, Promise<ResolverAnswer | undefined>>();

  constructor(settings: DnsSettings) {
    this.settings = settings;
    this.forward = settings.forward;
    this.cache = new AnswerCache(settings.now ?? (() => performance.now()));
  }

  /** Answers a query. Never rejects. @returns undefined for what is no query */
  async answer(bytes: Uint8Array, options: AnswerOptions): Promise<Uint8Array | undefined> {
    const query = parseQuery(bytes);
    if (!query) return undefined;
    if (!("question" in query)) {
      return encodeMessage({ id: query.id, flags: responseFlags(query.flags) | query.rcode }, {});
    }
    const whole = await this.wholeAnswer(query);
    return whole.length <= limitOf(query, options) ? whole : truncated(query, whole);
  }

  private async wholeAnswer(query: DnsQuery): Promise<Uint8Array> {
    if (query.edns && query.edns.version !== 0) return respond(query, rcode.badVersion);
    if (query.question.class !== DNS_CLASS_IN) return respond(query, rcode.refused);
    return this.local(query) ?? (await this.forwarded(query));
  }

  /** @returns undefined where somebody else is to be asked */
  private local(query: DnsQuery): Uint8Array | undefined {
    const { name, type } = query.question;
    const known = localAnswer(name, this.settings);
    const isAddress = type === dnsType.a || type === dnsType.aaaa;
    if (!known) {
      // Names of one label are of hosts: resolvers learn nothing of those that are not there.
      const isHost = isAddress && name !== "" && !name.includes(".");
      return isHost ? this.negative(query, rcode.noSuchName) : undefined;
    }
    if (known.kind === "no-such-name") return this.negative(query, rcode.noSuchName);
    if (known.kind === "no-record") return this.negative(query, rcode.noError);
    const wanted = known.kind === "address" ? dnsType.a : dnsType.ptr;
    // RFC 2308, 2.2: the name is there, records of this type are not. Guests need no IPv6.
    if (type !== wanted && type !== dnsType.any) return this.negative(query, rcode.noError);
    const data = known.kind === "address" ? addressData(known.address) : encodeName(known.name);
    const record = encodeRecord({ type: wanted, ttl: LOCAL_TTL }, data);
    return respond(query, rcode.noError, { answers: [record], authoritative: true });
  }

  /** RFC 2308, 3.: an SOA record says for how long "there is none" may be remembered. */
  private negative(query: DnsQuery, code: number): Uint8Array {
    const names = [encodeName(LOCAL_DOMAIN), encodeName(`hostmaster.${LOCAL_DOMAIN}`)];
    // SERIAL, REFRESH, RETRY, EXPIRE, MINIMUM (RFC 1035, 3.3.13).
    const numbers = [1, LOCAL_TTL, LOCAL_TTL, LOCAL_TTL, LOCAL_TTL].map(addressData);
    const data = Uint8Array.from([...names, ...numbers].flatMap((part) => [...part]));
    // Its owner is the zone: special names are not in the root's.
    const owner = isIn(query.question.name, LOCAL_DOMAIN) ? LOCAL_DOMAIN : "";
    const record = encodeRecord({ owner, type: dnsType.soa, ttl: LOCAL_TTL }, data);
    return respond(query, code, { authority: [record], authoritative: true });
  }

  private async forwarded(query: DnsQuery): Promise<Uint8Array> {
    const { forward } = this;
    /*
     * REFUSED, where nobody can be asked: with SERVFAIL glibc goes on with each domain of its search
     * list, and BusyBox asks again. NXDOMAIN would be as fast, but a lie that programs remember; of
     * REFUSED they say "temporary failure in name resolution", which it is.
     */
    if (!forward) return respond(query, rcode.refused);
    const key = cacheKey(query);
    const kept = this.cache.find(key);
    if (kept) return answerAgain(kept.answer, query, kept.age);
    let asking = this.underWay.get(key);
    if (!asking) {
      if (this.underWay.size >= DNS_QUERIES_UNDER_WAY) return respond(query, rcode.serverFailure);
      asking = this.ask(query, forward).finally(() => this.underWay.delete(key));
      this.underWay.set(key, asking);
    }
    const answer = await asking;
    if (!answer) return respond(query, rcode.serverFailure);
    this.cache.put(key, answer);
    return answerAgain(answer, query, 0);
  }

  /** Never rejects. @returns undefined where no sound answer came in time */
  private async ask(query: DnsQuery, forward: Forward): Promise<ResolverAnswer | undefined> {
    // The client's id would let others guess ours (RFC 5452, 9.2).
    const id = read16(crypto.getRandomValues(new Uint8Array(2)), 0);
    const { question, edns } = query;
    const flags = dnsFlag.recursionDesired | (query.flags & dnsFlag.checkingDisabled);
    const additional = edns ? [encodeEdns(DNS_UDP_BYTES, 0, edns.dnssecOk)] : [];
    const bytes = encodeMessage({ id, flags }, { question: question.bytes, additional });
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const timeout = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => {
        abort.abort();
        resolve(undefined);
      }, this.settings.timeoutMs ?? DNS_TIMEOUT_MS);
    });
    try {
      const answer = await Promise.race([forward(bytes, abort.signal), timeout]);
      return answer && answer.length <= DNS_TCP_BYTES
        ? parseAnswer(answer, { id, question })
        : undefined;
    } catch {
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Answers differ by these: two clients may ask for one name, one of them with DNSSEC. */
function cacheKey({ question, edns, flags }: DnsQuery): string {
  const options = [edns ? "edns" : "", edns?.dnssecOk ? "do" : ""];
  return [question.name, question.type, flags & dnsFlag.checkingDisabled, ...options].join(" ");
}

function limitOf(query: DnsQuery, { maxBytes, overTcp = false }: AnswerOptions): number {
  if (overTcp) return maxBytes;
  return Math.min(maxBytes, query.edns?.udpBytes ?? DNS_PLAIN_UDP_BYTES);
}

function responseFlags(flags: number): number {
  const kept = dnsFlag.recursionDesired | dnsFlag.checkingDisabled;
  return dnsFlag.response | dnsFlag.recursionAvailable | (flags & kept);
}

function respond(
  query: DnsQuery,
  code: number,
  more: {
    answers?: Uint8Array[];
    authority?: Uint8Array[];
    authoritative?: boolean;
    truncated?: boolean;
  } = {},
): Uint8Array {
  const flags =
    responseFlags(query.flags) |
    (code & dnsFlag.rcode) |
    (more.authoritative ? dnsFlag.authoritative : 0) |
    (more.truncated ? dnsFlag.truncated : 0);
  const { edns } = query;
  return encodeMessage(
    { id: query.id, flags },
    {
      question: query.question.bytes,
      answers: more.answers ?? [],
      authority: more.authority ?? [],
      // RFC 6891, 7.: whoever sends OPT gets one.
      additional: edns ? [encodeEdns(DNS_UDP_BYTES, code, edns.dnssecOk)] : [],
    },
  );
}

/** Says that there is more than a datagram takes: the client asks again over TCP (RFC 2181, 9.). */
function truncated(query: DnsQuery, whole: Uint8Array): Uint8Array {
  return respond(query, read16(whole, 2) & dnsFlag.rcode, { truncated: true });
}

function addressData(address: number): Uint8Array {
  const data = new Uint8Array(4);
  write32(data, 0, address);
  return data;
}
