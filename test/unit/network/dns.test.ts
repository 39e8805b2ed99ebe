/** The DNS server: names of the network, special names, and what it forwards. */
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  dnsFlag,
  dnsType,
  encodeEdns,
  encodeMessage,
  encodeName,
  encodeRecord,
  parseQuery,
  rcode,
  readQuestion,
  readRecords,
} from "../../../workers/kernel/network/dns/message.ts";
import { DnsServer, type DnsSettings } from "../../../workers/kernel/network/dns/server.ts";
import { DnsStreamReader, framed } from "../../../workers/kernel/network/dns/stream.ts";
import {
  parseIpv4,
  read16,
  read32,
  write16,
  write32,
} from "../../../workers/kernel/network/link/addresses.ts";
import { DNS_QUERIES_UNDER_WAY, DNS_TCP_BYTES } from "../../../workers/shared/limits.ts";

const GATEWAY = parseIpv4("10.86.0.1")!;
const ADDRESS = Uint8Array.of(192, 0, 2, 7);
const ID = 0x4242;
const UDP = { maxBytes: 4096 };

function serve(settings: Partial<DnsSettings> = {}): DnsServer {
  return new DnsServer({
    names: (name) => (name === "gateway" ? GATEWAY : undefined),
    reverse: (address) => (address === GATEWAY ? "gateway" : undefined),
    ...settings,
  });
}

function query(name: string, type: number = dnsType.a, additional: Uint8Array[] = []): Uint8Array {
  const question = Uint8Array.from([...encodeName(name), 0, type, 0, 1]);
  return encodeMessage({ id: ID, flags: dnsFlag.recursionDesired }, { question, additional });
}

/** An answer, read. */
function read(bytes: Uint8Array | undefined) {
  const found = readQuestion(bytes!)!;
  const [answers, authority, additional] = [6, 8, 10].map((at) => read16(bytes!, at));
  const records = readRecords(bytes!, found.end, answers! + authority! + additional!)!.records;
  const data = records.slice(0, answers).map(({ dataAt, end }) => bytes!.slice(dataAt, end));
  const flags = read16(bytes!, 2);
  return { id: read16(bytes!, 0), flags, code: flags & dnsFlag.rcode, answers, data, records };
}

/** A resolver that answers with addresses. */
function resolver(options: { ttl?: number; count?: number; asked?: Uint8Array[] } = {}) {
  const { ttl = 300, count = 1, asked = [] } = options;
  return async (bytes: Uint8Array) => {
    asked.push(bytes.slice());
    const { question } = readQuestion(bytes)!;
    const answers = Array.from({ length: count }, () =>
      encodeRecord({ type: dnsType.a, ttl }, ADDRESS),
    );
    const flags = dnsFlag.response | dnsFlag.recursionAvailable | dnsFlag.recursionDesired;
    return encodeMessage({ id: read16(bytes, 0), flags }, { question: question.bytes, answers });
  };
}

test("names of the network and special names are answered here", async () => {
  const { a, aaaa, ptr, any } = dnsType;
  const gateway = Uint8Array.of(10, 86, 0, 1);
  const rows: [name: string, type: number, code: number, data: Uint8Array[]][] = [
    ["gateway", a, rcode.noError, [gateway]],
    ["GateWay.Tabnix.Internal", a, rcode.noError, [gateway]],
    ["gateway", any, rcode.noError, [gateway]],
    ["gateway", aaaa, rcode.noError, []],
    ["gateway.tabnix.internal", 15, rcode.noError, []],
    ["tabnix.internal", a, rcode.noError, []],
    ["nobody.tabnix.internal", a, rcode.noSuchName, []],
    ["x.gateway.tabnix.internal", a, rcode.noSuchName, []],
    ["nobody", a, rcode.noSuchName, []],
    ["nobody", aaaa, rcode.noSuchName, []],
    ["localhost", a, rcode.noError, [Uint8Array.of(127, 0, 0, 1)]],
    ["a.localhost", a, rcode.noError, [Uint8Array.of(127, 0, 0, 1)]],
    ["localhost", aaaa, rcode.noError, []],
    ["printer.local", a, rcode.noSuchName, []],
    ["a.test", a, rcode.noSuchName, []],
    ["a.invalid", a, rcode.noSuchName, []],
    ["a.onion", a, rcode.noSuchName, []],
    ["a.alt", a, rcode.noSuchName, []],
    ["a.internal", a, rcode.noSuchName, []],
    ["a.home.arpa", a, rcode.noSuchName, []],
    ["1.0.86.10.in-addr.arpa", ptr, rcode.noError, [encodeName("gateway.tabnix.internal")]],
    ["1.0.0.127.in-addr.arpa", ptr, rcode.noError, [encodeName("localhost")]],
    ["2.0.86.10.in-addr.arpa", ptr, rcode.noSuchName, []],
    ["1.1.168.192.in-addr.arpa", ptr, rcode.noSuchName, []],
    ["1.1.31.172.in-addr.arpa", ptr, rcode.noSuchName, []],
    ["b.e.f.ip6.arpa", ptr, rcode.noSuchName, []],
  ];
  const server = serve({ forward: () => Promise.reject(new Error("nobody is to be asked")) });
  for (const [name, type, code, data] of rows) {
    const answer = read(await server.answer(query(name, type), UDP));
    expect(answer, `${name} ${type}`).toMatchObject({ id: ID, code, data });
    expect(answer.flags & dnsFlag.authoritative, name).not.toBe(0);
    // "There is none" comes with an SOA record (RFC 2308).
    if (data.length === 0) expect(answer.records[0]?.type).toBe(dnsType.soa);
  }
});

test("without a way out, other names are refused at once", async () => {
  for (const name of ["debian.org", "1.1.32.172.in-addr.arpa", "a.example", "contest"]) {
    const type = name === "contest" ? dnsType.soa : dnsType.a;
    expect(read(await serve().answer(query(name, type), UDP)).code, name).toBe(rcode.refused);
  }
});

test("what is forwarded has its own id, and the client gets its own back", async () => {
  const asked: Uint8Array[] = [];
  const server = serve({ forward: resolver({ asked }) });
  const answers = await Promise.all(
    ["a.example", "b.example", "c.example"].map((name) => server.answer(query(name), UDP)),
  );
  for (const answer of answers) expect(read(answer)).toMatchObject({ id: ID, data: [ADDRESS] });
  expect(new Set([ID, ...asked.map((bytes) => read16(bytes, 0))]).size).toBeGreaterThan(2);
});

test("answers are kept as long as they hold, and their time runs", async () => {
  const clock = { now: 0 };
  const asked: Uint8Array[] = [];
  const server = serve({ forward: resolver({ asked, ttl: 60 }), now: () => clock.now });
  const ttlOf = async (name = "a.example") =>
    read(await server.answer(query(name), UDP)).records[0]!.ttl;
  expect(await ttlOf()).toBe(60);
  clock.now += 45_000;
  expect(await ttlOf()).toBe(15);
  expect(asked.length).toBe(1);
  // In its own spelling, which some clients check.
  const shouted = await server.answer(query("A.EXAMPLE"), UDP);
  expect(new TextDecoder().decode(shouted)).toContain("EXAMPLE");
  expect(asked.length).toBe(1);
  clock.now += 15_000;
  expect(await ttlOf()).toBe(60);
  expect(asked.length).toBe(2);
});

test("that there is no such name is kept as long as its SOA record says", async () => {
  const clock = { now: 0 };
  let asked = 0;
  const forward = async (bytes: Uint8Array) => {
    asked++;
    const soa = new Uint8Array(22);
    write32(soa, 18, 30);
    return encodeMessage(
      { id: read16(bytes, 0), flags: dnsFlag.response | rcode.noSuchName },
      {
        question: readQuestion(bytes)!.question.bytes,
        authority: [encodeRecord({ owner: "example", type: dnsType.soa, ttl: 900 }, soa)],
      },
    );
  };
  const server = serve({ forward, now: () => clock.now });
  const code = async () => read(await server.answer(query("no.example"), UDP)).code;
  expect(await code()).toBe(rcode.noSuchName);
  clock.now += 29_000;
  expect(await code()).toBe(rcode.noSuchName);
  expect(asked).toBe(1);
  clock.now += 1000;
  await code();
  expect(asked).toBe(2);
});

test("an answer that belongs to no question is none", async () => {
  const good = resolver();
  const edited = (edit: (bytes: Uint8Array) => void) => (bytes: Uint8Array) => {
    edit(bytes);
    return bytes;
  };
  const changes: [string, (bytes: Uint8Array) => Uint8Array][] = [
    ["another id", edited((bytes) => write16(bytes, 0, read16(bytes, 0) ^ 1))],
    ["a query", edited((bytes) => write16(bytes, 2, 0))],
    ["another name", edited((bytes) => bytes.fill(0x62, 13, 14))],
    ["another type", edited((bytes) => bytes.fill(28, 24, 25))],
    ["no question", edited((bytes) => write16(bytes, 4, 0))],
    ["more records than there are", edited((bytes) => write16(bytes, 6, 9))],
    ["cut", (bytes) => bytes.subarray(0, bytes.length - 1)],
    ["nothing", () => new Uint8Array(0)],
  ];
  for (const [what, change] of changes) {
    const server = serve({ forward: async (bytes) => change(await good(bytes)) });
    const answer = read(await server.answer(query("a.example"), UDP));
    expect(answer.code, what).toBe(rcode.serverFailure);
  }
});

test("a resolver that fails or says nothing is not waited for", async () => {
  const failing = serve({ forward: () => Promise.reject(new Error("no way")) });
  expect(read(await failing.answer(query("a.example"), UDP)).code).toBe(rcode.serverFailure);
  let aborted = false;
  const forward = (_: Uint8Array, signal: AbortSignal) =>
    new Promise<Uint8Array>(() => {
      signal.addEventListener("abort", () => {
        aborted = true;
      });
    });
  const silent = serve({ forward, timeoutMs: 1 });
  expect(read(await silent.answer(query("a.example"), UDP)).code).toBe(rcode.serverFailure);
  expect(aborted).toBe(true);
});

test("one question is asked once, and not too many at a time", async () => {
  const waiting: (() => void)[] = [];
  const good = resolver();
  const forward = async (bytes: Uint8Array) => {
    await new Promise<void>((resolve) => waiting.push(resolve));
    return await good(bytes);
  };
  const server = serve({ forward });
  const names = Array.from({ length: DNS_QUERIES_UNDER_WAY }, (_, i) => `n${i}.example`);
  const asked = [...names, ...names].map((name) => server.answer(query(name), UDP));
  const more = await server.answer(query("more.example"), UDP);
  expect(read(more).code).toBe(rcode.serverFailure);
  expect(waiting.length).toBe(DNS_QUERIES_UNDER_WAY);
  for (const go of waiting) go();
  for (const answer of await Promise.all(asked)) expect(read(answer).code).toBe(rcode.noError);
});

test("what is longer than a client takes is cut, and comes whole over TCP", async () => {
  const server = serve({ forward: resolver({ count: 100 }) });
  const edns = (bytes: number) => [encodeEdns(bytes, 0, false)];
  const rows: [Uint8Array, { maxBytes: number; overTcp?: boolean }, number][] = [
    [query("a.example"), UDP, 0],
    [query("a.example", dnsType.a, edns(1200)), UDP, 0],
    [query("a.example", dnsType.a, edns(4000)), UDP, 100],
    [query("a.example", dnsType.a, edns(4000)), { maxBytes: 600 }, 0],
    [query("a.example"), { maxBytes: DNS_TCP_BYTES, overTcp: true }, 100],
  ];
  for (const [bytes, options, count] of rows) {
    const answer = await server.answer(bytes, options);
    expect(answer!.length).toBeLessThanOrEqual(options.maxBytes);
    expect(read(answer).answers).toBe(count);
    expect((read(answer).flags & dnsFlag.truncated) !== 0).toBe(count === 0);
  }
});

test("EDNS is answered by EDNS, and not without", async () => {
  const options = (bytes: Uint8Array | undefined) =>
    read(bytes).records.filter(({ type }) => type === dnsType.opt);
  const asked: Uint8Array[] = [];
  const server = serve({ forward: resolver({ asked }) });
  expect(options(await server.answer(query("gateway"), UDP))).toHaveLength(0);
  const plain = [encodeEdns(1232, 0, false)];
  expect(options(await server.answer(query("gateway", dnsType.a, plain), UDP))).toHaveLength(1);
  await server.answer(query("a.example", dnsType.a, [encodeEdns(1232, 0, true)]), UDP);
  expect(parseQuery(asked[0]!)).toMatchObject({ edns: { dnssecOk: true } });
  const newer = encodeEdns(1232, 0, false);
  newer[6] = 1;
  const [bad] = options(await server.answer(query("gateway", dnsType.a, [newer]), UDP));
  expect(bad!.ttl >>> 24).toBe(1);
});

test("what is no query is passed over, and what is no good query is told so", async () => {
  const server = serve();
  const good = query("gateway");
  const changed = (change: (bytes: Uint8Array) => void) => {
    const bytes = good.slice();
    change(bytes);
    return bytes;
  };
  expect(await server.answer(good.subarray(0, 11), UDP)).toBeUndefined();
  const response = changed((bytes) => write16(bytes, 2, dnsFlag.response));
  expect(await server.answer(response, UDP)).toBeUndefined();
  const rows: [Uint8Array, number][] = [
    [changed((bytes) => write16(bytes, 2, 0x2800)), rcode.notImplemented],
    [changed((bytes) => write16(bytes, 4, 2)), rcode.formatError],
    [changed((bytes) => write16(bytes, 4, 0)), rcode.formatError],
    [changed((bytes) => write16(bytes, 10, 1)), rcode.formatError],
    [good.subarray(0, good.length - 1), rcode.formatError],
    // A name that points to itself.
    [changed((bytes) => write16(bytes, 12, 0xc00c)), rcode.formatError],
    [changed((bytes) => bytes.fill(64, 12, 13)), rcode.formatError],
    [query("gateway", dnsType.a, [encodeEdns(512, 0, false), encodeEdns(512, 0, false)]), 1],
  ];
  for (const [bytes, code] of rows) {
    const answer = await server.answer(bytes, UDP);
    expect(read16(answer!, 0)).toBe(ID);
    expect(read16(answer!, 2) & dnsFlag.rcode).toBe(code);
  }
  const chaos = changed((bytes) => bytes.fill(3, bytes.length - 1));
  expect(read(await server.answer(chaos, UDP)).code).toBe(rcode.refused);
});

test("a name is read through pointers", () => {
  // A question whose name is "b" and a pointer to the name "a" that the header happens to hold.
  const bytes = Uint8Array.from([1, 97, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 98, 0xc0, 0, 0, 1, 0, 1]);
  expect(parseQuery(bytes)).toMatchObject({
    question: { name: "b.a", bytes: Uint8Array.of(1, 98, 1, 97, 0, 0, 1, 0, 1) },
  });
});

test("whatever comes, from guests and from resolvers, the server goes on", async () => {
  const noise = fc.uint8Array({ maxLength: 200 });
  // Noise that gets past the header: it begins as a query does, or as an answer.
  const patch = fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 8 });
  const patched = (bytes: Uint8Array, changes: [number, number][]) => {
    for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
    return bytes;
  };
  const good = resolver({ count: 3 });
  await fc.assert(
    fc.asyncProperty(noise, noise, patch, patch, async (bytes, answer, changes, more) => {
      const server = serve({ forward: async () => answer });
      await server.answer(bytes, UDP);
      await server.answer(query("a.example"), UDP);
      const other = serve({ forward: async (asked) => patched(await good(asked), more) });
      const edns = [encodeEdns(1232, 0, true)];
      const reply = await other.answer(patched(query("a.example", 1, edns), changes), UDP);
      expect((reply?.length ?? 0) <= UDP.maxBytes).toBe(true);
    }),
  );
});

test("messages of a stream are read wherever it is cut", () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 300 })),
      fc.array(fc.nat(100)),
      (messages, cuts) => {
        const bytes = Uint8Array.from(messages.flatMap((message) => [...framed(message)]));
        const reader = new DnsStreamReader();
        const got: Uint8Array[] = [];
        let at = 0;
        for (const cut of [...cuts, bytes.length]) {
          for (const message of reader.push(bytes.subarray(at, at + cut)))
            got.push(message.slice());
          at += cut;
        }
        expect(got).toEqual(messages);
      },
    ),
  );
  expect(read32(framed(Uint8Array.of(1, 2)), 0)).toBe(0x0002_0102);
});
