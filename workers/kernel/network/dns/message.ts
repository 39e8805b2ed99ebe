/**
 * DNS messages (RFC 1035, 4.): queries are read, and what one server says itself is written. Answers of
 * others are only looked through: resolver-answer.ts. Nothing here throws, whatever the bytes are.
 */
import { read16, read32, write16, write32 } from "../link/addresses.ts";

export const DNS_HEADER_BYTES = 12;
/** What a client takes by UDP that does not say more (RFC 1035, 4.2.1). */
export const DNS_PLAIN_UDP_BYTES = 512;

/** Types of records (RFC 1035, 3.2.2 and 3.2.3; AAAA: RFC 3596; OPT: RFC 6891). */
export const dnsType = { a: 1, soa: 6, ptr: 12, aaaa: 28, opt: 41, any: 255 } as const;
export const DNS_CLASS_IN = 1;

/** Response codes (RFC 1035, 4.1.1; BADVERS: RFC 6891, 6.1.3). */
export const rcode = {
  noError: 0,
  formatError: 1,
  serverFailure: 2,
  noSuchName: 3,
  notImplemented: 4,
  refused: 5,
  badVersion: 16,
} as const;

/** Bits of the header's second word. */
export const dnsFlag = {
  response: 0x8000,
  opcode: 0x7800,
  authoritative: 0x0400,
  truncated: 0x0200,
  recursionDesired: 0x0100,
  recursionAvailable: 0x0080,
  checkingDisabled: 0x0010,
  rcode: 0x000f,
} as const;

/** Lengths that RFC 1035, 2.3.4 sets. */
const MAX_LABEL_BYTES = 63;
const MAX_NAME_BYTES = 255;
const POINTER = 0xc0;
const ROOT_NAME_BYTES = 1;
const RECORD_FIXED_BYTES = 10;
const OPT_RECORD_BYTES = ROOT_NAME_BYTES + RECORD_FIXED_BYTES;
const DNSSEC_OK = 0x8000;

export interface DnsQuestion {
  /** In lower case, labels between dots; "" is the root. Octets that are in no host name are escaped as "\ddd". */
  name: string;
  type: number;
  class: number;
  /** As it came, but without compression. */
  bytes: Uint8Array;
}

/** What a client says of itself by an OPT record (RFC 6891). */
export interface Edns {
  version: number;
  /** The longest datagram it takes. */
  udpBytes: number;
  dnssecOk: boolean;
}

export interface DnsQuery {
  id: number;
  flags: number;
  question: DnsQuestion;
  edns?: Edns;
}

/** A query that cannot be answered but for a code that says why. */
export interface BadQuery {
  id: number;
  flags: number;
  rcode: number;
}

/** A record in bytes that are looked through. */
export interface RecordView {
  type: number;
  class: number;
  ttl: number;
  /** Where the TTL is in the message. */
  ttlAt: number;
  dataAt: number;
  end: number;
}

/** @returns undefined for what is no query at all: to answer it could make two servers talk for ever */
export function parseQuery(bytes: Uint8Array): DnsQuery | BadQuery | undefined {
  if (bytes.length < DNS_HEADER_BYTES) return undefined;
  const [id, flags] = [read16(bytes, 0), read16(bytes, 2)];
  if (flags & dnsFlag.response) return undefined;
  if (flags & dnsFlag.opcode) return { id, flags, rcode: rcode.notImplemented };
  const question = read16(bytes, 4) === 1 ? readQuestion(bytes) : undefined;
  const edns = question && readEdns(bytes, question.end);
  if (!question || !edns) return { id, flags, rcode: rcode.formatError };
  return { id, flags, question: question.question, ...(edns === "none" ? {} : { edns }) };
}

/** The first question of a message. */
export function readQuestion(
  bytes: Uint8Array,
): { question: DnsQuestion; end: number } | undefined {
  const name = readName(bytes, DNS_HEADER_BYTES);
  if (!name || name.end + 4 > bytes.length) return undefined;
  const fixed = bytes.subarray(name.end, name.end + 4);
  const whole = new Uint8Array(name.bytes.length + fixed.length);
  whole.set(name.bytes);
  whole.set(fixed, name.bytes.length);
  const question = {
    name: name.text,
    type: read16(fixed, 0),
    class: read16(fixed, 2),
    bytes: whole,
  };
  return { question, end: name.end + 4 };
}

/**
 * Records from `at` on. @returns undefined where one goes beyond the message. The count is bounded by
 * the message: each record takes eleven octets at least.
 */
export function readRecords(
  bytes: Uint8Array,
  at: number,
  count: number,
): { records: RecordView[]; end: number } | undefined {
  const records: RecordView[] = [];
  let from = at;
  for (let i = 0; i < count; i++) {
    const nameEnd = skipName(bytes, from);
    if (nameEnd === undefined || nameEnd + RECORD_FIXED_BYTES > bytes.length) return undefined;
    const dataAt = nameEnd + RECORD_FIXED_BYTES;
    const end = dataAt + read16(bytes, nameEnd + 8);
    if (end > bytes.length) return undefined;
    records.push({
      type: read16(bytes, nameEnd),
      class: read16(bytes, nameEnd + 2),
      ttl: read32(bytes, nameEnd + 4),
      ttlAt: nameEnd + 4,
      dataAt,
      end,
    });
    from = end;
  }
  return { records, end: from };
}

/** A name of a message: its text, its octets without compression, and where it ends in the message. */
function readName(
  bytes: Uint8Array,
  at: number,
): { text: string; bytes: Uint8Array; end: number } | undefined {
  const labels: string[] = [];
  const octets: number[] = [];
  let from = at;
  let end: number | undefined;
  for (;;) {
    const length = bytes[from];
    if (length === undefined) return undefined;
    if (length >= POINTER) {
      const low = bytes[from + 1];
      // A pointer goes to what came before (RFC 1035, 4.1.4), which ends every loop.
      const target = ((length & ~POINTER) << 8) | (low ?? 0);
      if (low === undefined || target >= from) return undefined;
      end ??= from + 2;
      from = target;
      continue;
    }
    if (length > MAX_LABEL_BYTES || from + 1 + length > bytes.length) return undefined;
    const label = bytes.subarray(from + 1, from + 1 + length);
    octets.push(length, ...label);
    if (octets.length > MAX_NAME_BYTES) return undefined;
    from += 1 + length;
    if (length === 0) break;
    labels.push(labelText(label));
  }
  return { text: labels.join("."), bytes: Uint8Array.from(octets), end: end ?? from };
}

/** @returns where a name ends in the message, without following it */
export function skipName(bytes: Uint8Array, at: number): number | undefined {
  let from = at;
  for (;;) {
    const length = bytes[from];
    if (length === undefined) return undefined;
    if (length >= POINTER) return from + 2 <= bytes.length ? from + 2 : undefined;
    if (length > MAX_LABEL_BYTES) return undefined;
    from += 1 + length;
    if (length === 0) return from;
    if (from - at > MAX_NAME_BYTES) return undefined;
  }
}

function labelText(label: Uint8Array): string {
  let text = "";
  for (const octet of label) {
    const character = String.fromCharCode(octet);
    text += /[A-Za-z0-9_-]/.test(character)
      ? character.toLowerCase()
      : `\\${String(octet).padStart(3, "0")}`;
  }
  return text;
}

/** The octets of a name that is written here, of ordinary labels. */
export function encodeName(name: string): Uint8Array {
  const labels = name === "" ? [] : name.split(".").map((label) => new TextEncoder().encode(label));
  return Uint8Array.from([...labels.flatMap((label) => [label.length, ...label]), 0]);
}

/** The OPT record of a query, "none", or undefined where the query is not sound. */
function readEdns(bytes: Uint8Array, at: number): Edns | "none" | undefined {
  const count = read16(bytes, 6) + read16(bytes, 8) + read16(bytes, 10);
  const records = readRecords(bytes, at, count)?.records;
  const options = records?.filter(({ type }) => type === dnsType.opt);
  // RFC 6891, 6.1.1: there is at most one.
  if (!options || options.length > 1) return undefined;
  const [option] = options;
  if (!option) return "none";
  return {
    version: (option.ttl >>> 16) & 0xff,
    udpBytes: Math.max(option.class, DNS_PLAIN_UDP_BYTES),
    dnssecOk: (option.ttl & DNSSEC_OK) !== 0,
  };
}

/** An OPT record (RFC 6891, 6.1.2): what the sender takes by UDP, and the high part of the response code. */
export function encodeEdns(udpBytes: number, code: number, dnssecOk: boolean): Uint8Array {
  const record = new Uint8Array(OPT_RECORD_BYTES);
  write16(record, 1, dnsType.opt);
  write16(record, 3, udpBytes);
  write32(record, 5, ((code >>> 4) << 24) | (dnssecOk ? DNSSEC_OK : 0));
  return record;
}

/** A record whose owner is the question's name, or the root where `owner` says so. */
export function encodeRecord(
  record: { owner?: string; type: number; ttl: number },
  data: Uint8Array,
): Uint8Array {
  // A pointer to the question's name.
  const name =
    record.owner === undefined
      ? Uint8Array.of(POINTER, DNS_HEADER_BYTES)
      : encodeName(record.owner);
  const bytes = new Uint8Array(name.length + RECORD_FIXED_BYTES + data.length);
  bytes.set(name);
  write16(bytes, name.length, record.type);
  write16(bytes, name.length + 2, DNS_CLASS_IN);
  write32(bytes, name.length + 4, record.ttl);
  write16(bytes, name.length + 8, data.length);
  bytes.set(data, name.length + RECORD_FIXED_BYTES);
  return bytes;
}

/** A message of a header and parts that are written already. */
export function encodeMessage(
  header: { id: number; flags: number },
  parts: {
    question?: Uint8Array;
    answers?: Uint8Array[];
    authority?: Uint8Array[];
    additional?: Uint8Array[];
  },
): Uint8Array {
  const { question, answers = [], authority = [], additional = [] } = parts;
  const all = [...(question ? [question] : []), ...answers, ...authority, ...additional];
  const size = all.reduce((sum, part) => sum + part.length, DNS_HEADER_BYTES);
  const bytes = new Uint8Array(size);
  write16(bytes, 0, header.id);
  write16(bytes, 2, header.flags);
  const counts = [question ? 1 : 0, answers.length, authority.length, additional.length];
  counts.forEach((count, i) => {
    write16(bytes, 4 + 2 * i, count);
  });
  let at = DNS_HEADER_BYTES;
  for (const part of all) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
