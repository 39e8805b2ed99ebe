/**
 * Answers of the resolver that queries are forwarded to: whether one belongs to what was asked, how long
 * it holds, and how it is given on. Its records stay where they are, since names in them point to places
 * in the message.
 */
import { DNS_CACHED_SECONDS } from "../../../shared/limits.ts";
import { read16, read32, write16, write32 } from "../link/addresses.ts";
import {
  DNS_HEADER_BYTES,
  type DnsQuestion,
  dnsFlag,
  dnsType,
  type RecordView,
  rcode,
  readQuestion,
  readRecords,
} from "./message.ts";

export interface ResolverAnswer {
  bytes: Uint8Array;
  /** Where TTLs are, and what they were when the answer came. */
  ttls: { at: number; seconds: number }[];
  /** For how long the answer may be used again; 0 for not at all. */
  seconds: number;
}

/** An SOA record's last field, MINIMUM, takes so many octets (RFC 1035, 3.3.13). */
const MINIMUM_BYTES = 4;

/** @returns undefined for what does not answer the question that was asked under this id, or is not sound */
export function parseAnswer(
  bytes: Uint8Array,
  asked: { id: number; question: DnsQuestion },
): ResolverAnswer | undefined {
  if (bytes.length < DNS_HEADER_BYTES || read16(bytes, 0) !== asked.id) return undefined;
  const flags = read16(bytes, 2);
  if (!(flags & dnsFlag.response) || flags & dnsFlag.opcode || read16(bytes, 4) !== 1) {
    return undefined;
  }
  const found = readQuestion(bytes);
  const { question } = asked;
  const isSame =
    found?.question.name === question.name &&
    found.question.type === question.type &&
    found.question.class === question.class &&
    found.end === DNS_HEADER_BYTES + question.bytes.length;
  if (!isSame) return undefined;
  const [answers, authority, additional] = [read16(bytes, 6), read16(bytes, 8), read16(bytes, 10)];
  const all = readRecords(bytes, found.end, answers + authority + additional);
  if (!all) return undefined;
  const isWhole = !(flags & dnsFlag.truncated);
  const inAnswer = all.records.slice(0, answers);
  const inAuthority = all.records.slice(answers, answers + authority);
  const ttls = all.records
    // The TTL of OPT is none.
    .filter(({ type }) => type !== dnsType.opt)
    .map(({ ttlAt, ttl }) => ({ at: ttlAt, seconds: ttl }));
  const seconds = isWhole ? lifetime(bytes, flags & dnsFlag.rcode, inAnswer, inAuthority) : 0;
  return { bytes: bytes.slice(), ttls, seconds };
}

/** The shortest TTL; of "no such name" and "no such record" what the SOA record says (RFC 2308, 5.). */
function lifetime(
  bytes: Uint8Array,
  code: number,
  answers: RecordView[],
  authority: RecordView[],
): number {
  if (code !== rcode.noError && code !== rcode.noSuchName) return 0;
  const times = answers.map(({ ttl }) => ttl);
  if (code === rcode.noSuchName || answers.length === 0) {
    const soa = authority.find(({ type }) => type === dnsType.soa);
    if (!soa || soa.end - soa.dataAt < MINIMUM_BYTES) return 0;
    times.push(soa.ttl, read32(bytes, soa.end - MINIMUM_BYTES));
  }
  // RFC 2181, 8.: a TTL with its highest bit set is zero.
  const sound = times.map((ttl) => (ttl > 0x7fff_ffff ? 0 : ttl));
  return Math.min(DNS_CACHED_SECONDS, ...sound);
}

/** The answer to another query of the same question, in that query's spelling, so many seconds later. */
export function answerAgain(
  answer: ResolverAnswer,
  { id, question }: { id: number; question: DnsQuestion },
  age: number,
): Uint8Array {
  const bytes = answer.bytes.slice();
  write16(bytes, 0, id);
  bytes.set(question.bytes, DNS_HEADER_BYTES);
  for (const { at, seconds } of answer.ttls) write32(bytes, at, Math.max(0, seconds - age));
  return bytes;
}
