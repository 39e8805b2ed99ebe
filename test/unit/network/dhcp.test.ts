/** The DHCP server, by tables of what clients send in each of their states (RFC 2131, 4.3 and 4.4). */
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  addressOption,
  bootOperation,
  type DhcpMessage,
  dhcpOption,
  dhcpType,
  encodeDhcp,
  optionValue,
  parseDhcp,
} from "../../../workers/kernel/network/dhcp/message.ts";
import { DhcpServer, type DhcpSettings } from "../../../workers/kernel/network/dhcp/server.ts";
import {
  IPV4_BROADCAST,
  MAC_BROADCAST,
  parseIpv4,
} from "../../../workers/kernel/network/link/addresses.ts";
import {
  DHCP_DECLINED_MS,
  DHCP_MESSAGE_BYTES,
  DHCP_OFFER_MS,
  MAX_DHCP_LEASES,
} from "../../../workers/shared/limits.ts";

const SERVER = parseIpv4("10.86.0.1")!;
const FIRST = parseIpv4("10.86.1.0")!;
const OTHER_SERVER = parseIpv4("10.86.0.7")!;
const ELSEWHERE = parseIpv4("192.168.1.5")!;
const ONE = 0x0200_0000_0001;
const TWO = 0x0200_0000_0002;
const LEASE_SECONDS = 600;

/** A server whose clock is set here. */
function serve(settings: Partial<DhcpSettings> = {}) {
  const clock = { now: 1000 };
  const server = new DhcpServer({
    server: SERVER,
    mask: 0xffff_0000,
    router: SERVER,
    dns: SERVER,
    domain: "tabnix.internal",
    mtu: 9000,
    leaseSeconds: LEASE_SECONDS,
    pool: { first: FIRST, last: FIRST + 3 },
    now: () => clock.now,
    ...settings,
  });
  return { server, clock };
}

interface Said {
  hardware?: number;
  clientAddress?: number;
  requested?: number;
  chosen?: number;
  broadcast?: boolean;
  options?: [number, Uint8Array][];
}

function message(type: number, said: Said = {}): Uint8Array {
  const { requested, chosen, options = [], ...fields } = said;
  const all = new Map(options);
  if (requested !== undefined) all.set(dhcpOption.requestedAddress, optionValue(requested, 4));
  if (chosen !== undefined) all.set(dhcpOption.serverIdentifier, optionValue(chosen, 4));
  return encodeDhcp({
    operation: bootOperation.request,
    transaction: 0x1234_5678,
    broadcast: false,
    clientAddress: 0,
    yourAddress: 0,
    relayAddress: 0,
    hardware: ONE,
    type,
    options: all,
    ...fields,
  });
}

/** The server's answer, read. */
function ask(server: DhcpServer, type: number, said: Said = {}) {
  const reply = server.handle(message(type, said));
  if (!reply) return undefined;
  const answer = parseDhcp(reply.bytes);
  expect(answer).toMatchObject({ operation: bootOperation.reply, transaction: 0x1234_5678 });
  return { to: reply, answer: answer!, type: answer!.type, address: answer!.yourAddress };
}

/** The address that a client gets by asking for any. */
function obtain(server: DhcpServer, hardware: number): number | undefined {
  const offer = ask(server, dhcpType.discover, { hardware });
  if (!offer) return undefined;
  const requested = offer.address;
  const ack = ask(server, dhcpType.request, { hardware, requested, chosen: SERVER });
  return ack?.type === dhcpType.ack ? ack.address : undefined;
}

test("an offer and its lease say all that a client needs", () => {
  const { server } = serve({ nameFor: () => "one" });
  const identifier = Uint8Array.of(1, 2, 3);
  const options: Said["options"] = [[dhcpOption.clientIdentifier, identifier]];
  const offer = ask(server, dhcpType.discover, { options })!;
  expect(offer.type).toBe(dhcpType.offer);
  const ack = ask(server, dhcpType.request, {
    options,
    requested: offer.address,
    chosen: SERVER,
  })!;
  expect(ack.type).toBe(dhcpType.ack);
  expect(ack.address).toBe(offer.address);
  for (const { answer } of [offer, ack]) {
    const number = (code: number) => addressOption(answer, code);
    const text = (code: number) => new TextDecoder().decode(answer.options.get(code));
    expect(number(dhcpOption.subnetMask)).toBe(0xffff_0000);
    expect(number(dhcpOption.broadcastAddress)).toBe(parseIpv4("10.86.255.255"));
    expect(number(dhcpOption.router)).toBe(SERVER);
    expect(number(dhcpOption.domainNameServer)).toBe(SERVER);
    expect(number(dhcpOption.serverIdentifier)).toBe(SERVER);
    expect(number(dhcpOption.leaseTime)).toBe(LEASE_SECONDS);
    expect(number(dhcpOption.renewalTime)).toBe(300);
    expect(number(dhcpOption.rebindingTime)).toBe(525);
    expect(text(dhcpOption.domainName)).toBe("tabnix.internal");
    expect(text(dhcpOption.hostName)).toBe("one");
    expect(answer.options.get(dhcpOption.interfaceMtu)).toEqual(Uint8Array.of(0x23, 0x28));
    expect(answer.options.get(dhcpOption.clientIdentifier)).toEqual(identifier);
  }
});

test("answers go where the client can take them", () => {
  const { server } = serve();
  const everybody = { address: IPV4_BROADCAST, hardware: MAC_BROADCAST };
  expect(ask(server, dhcpType.discover, { broadcast: true })!.to).toMatchObject(everybody);
  const offer = ask(server, dhcpType.discover)!;
  expect(offer.to).toMatchObject({ address: offer.address, hardware: ONE });
  const clientAddress = obtain(server, ONE)!;
  const renewed = ask(server, dhcpType.request, { clientAddress, broadcast: true })!;
  expect(renewed.to).toMatchObject({ address: clientAddress, hardware: ONE });
  const refused = ask(server, dhcpType.request, { clientAddress: ELSEWHERE })!;
  expect(refused.to).toMatchObject(everybody);
});

test("a request is confirmed or refused by the state that the client is in", () => {
  const lease = { offered: 0, held: 0 };
  const rows: [string, (lease: { offered: number; held: number }) => Said, number | undefined][] = [
    ["selecting", ({ offered }) => ({ requested: offered, chosen: SERVER }), dhcpType.ack],
    ["selecting another address", () => ({ requested: FIRST + 9, chosen: SERVER }), dhcpType.nak],
    ["selecting nothing", () => ({ chosen: SERVER }), undefined],
    [
      "of another server",
      ({ offered }) => ({ requested: offered, chosen: OTHER_SERVER }),
      undefined,
    ],
    ["rebooted", ({ offered }) => ({ requested: offered }), dhcpType.ack],
    ["rebooted elsewhere", () => ({ requested: ELSEWHERE }), dhcpType.nak],
    ["rebooted with another's address", ({ held }) => ({ requested: held }), dhcpType.nak],
    ["renewing", ({ offered }) => ({ clientAddress: offered }), dhcpType.ack],
    ["renewing another's address", ({ held }) => ({ clientAddress: held }), dhcpType.nak],
  ];
  for (const [state, said, type] of rows) {
    const { server } = serve();
    lease.held = obtain(server, TWO)!;
    lease.offered = ask(server, dhcpType.discover)!.address;
    expect(ask(server, dhcpType.request, said(lease))?.type, state).toBe(type);
  }
});

test("a client keeps its address, as long as nobody else needs it", () => {
  const { server, clock } = serve();
  const address = obtain(server, ONE)!;
  expect(obtain(server, ONE)).toBe(address);
  clock.now += LEASE_SECONDS * 1000 + 1;
  expect([...server.leases()]).toEqual([]);
  const others = [2, 3, 4].map((i) => obtain(server, ONE + i));
  expect(obtain(server, ONE)).toBe(address);
  expect(new Set([address, ...others]).size).toBe(4);
  // The pool has four.
  expect(obtain(server, ONE + 5)).toBeUndefined();
  clock.now += LEASE_SECONDS * 1000 + 1;
  expect(obtain(server, ONE + 5)).toBeDefined();
});

test("a server that has forgotten its clients confirms what they have", () => {
  const address = obtain(serve().server, ONE)!;
  expect(ask(serve().server, dhcpType.request, { clientAddress: address })?.type).toBe(
    dhcpType.ack,
  );
  expect(obtain(serve().server, ONE)).toBe(address);
});

test("the address of a client can be settled, and changed", () => {
  let settled = parseIpv4("10.86.0.2")!;
  const { server } = serve({ addressFor: (mac) => (mac === ONE ? settled : undefined) });
  expect(obtain(server, ONE)).toBe(settled);
  const former = settled;
  settled += 1;
  expect(ask(server, dhcpType.request, { clientAddress: former })?.type).toBe(dhcpType.nak);
  expect(obtain(server, ONE)).toBe(settled);
  expect(obtain(server, TWO)).toBeGreaterThanOrEqual(FIRST);
});

test("an offer that is not taken, and an address that is released, are free again", () => {
  const { server, clock } = serve({ pool: { first: FIRST, last: FIRST } });
  expect(ask(server, dhcpType.discover)?.address).toBe(FIRST);
  expect(obtain(server, TWO)).toBeUndefined();
  clock.now += DHCP_OFFER_MS + 1;
  expect(obtain(server, TWO)).toBe(FIRST);
  expect(ask(server, dhcpType.release, { hardware: ONE, clientAddress: FIRST })).toBeUndefined();
  expect(obtain(server, ONE)).toBeUndefined();
  expect(ask(server, dhcpType.release, { hardware: TWO, clientAddress: FIRST })).toBeUndefined();
  expect(obtain(server, ONE)).toBe(FIRST);
});

test("an address that is in use elsewhere is not given out for a while", () => {
  const { server, clock } = serve({ pool: { first: FIRST, last: FIRST } });
  obtain(server, ONE);
  // Only the client that has it can say so.
  ask(server, dhcpType.decline, { hardware: TWO, requested: FIRST });
  expect(obtain(server, ONE)).toBe(FIRST);
  ask(server, dhcpType.decline, { requested: FIRST });
  expect(obtain(server, ONE)).toBeUndefined();
  clock.now += DHCP_DECLINED_MS + 1;
  expect(obtain(server, ONE)).toBe(FIRST);
});

test("INFORM is told everything but an address", () => {
  const { server } = serve();
  const told = ask(server, dhcpType.inform, { clientAddress: ELSEWHERE })!;
  expect(told).toMatchObject({ type: dhcpType.ack, address: 0, to: { address: ELSEWHERE } });
  expect(addressOption(told.answer, dhcpOption.domainNameServer)).toBe(SERVER);
  expect(told.answer.options.has(dhcpOption.leaseTime)).toBe(false);
  expect(ask(server, dhcpType.inform)).toBeUndefined();
  expect([...server.leases()]).toEqual([]);
});

test("clients are known by the names that they give", () => {
  const { server } = serve();
  const names = ["One.example", "two", "no name", "-", ""];
  names.forEach((name, i) => {
    const options: Said["options"] = [[dhcpOption.hostName, new TextEncoder().encode(name)]];
    ask(server, dhcpType.request, { hardware: ONE + i, requested: FIRST + i, options });
  });
  expect([...server.leases()].map(({ name }) => name)).toEqual([
    "one",
    "two",
    undefined,
    undefined,
  ]);
});

test("however many clients there are, the table ends", () => {
  const { server, clock } = serve({ pool: { first: FIRST, last: FIRST + 60_000 } });
  for (let i = 0; i < MAX_DHCP_LEASES; i++) ask(server, dhcpType.discover, { hardware: i });
  expect(obtain(server, ONE)).toBeUndefined();
  clock.now += DHCP_OFFER_MS + 1;
  expect(obtain(server, ONE)).toBeDefined();
});

test("what is no request of a client on this link is not answered", () => {
  const { server } = serve();
  const discover = message(dhcpType.discover);
  const changed = (change: (bytes: Uint8Array) => void) => {
    const bytes = discover.slice();
    change(bytes);
    return bytes;
  };
  const broken = [
    new Uint8Array(0),
    discover.subarray(0, 240),
    new Uint8Array(DHCP_MESSAGE_BYTES + 1),
    changed((bytes) => bytes.fill(bootOperation.reply, 0, 1)),
    changed((bytes) => bytes.fill(6, 1, 2)),
    changed((bytes) => bytes.fill(16, 2, 3)),
    changed((bytes) => bytes.fill(10, 24, 25)),
    changed((bytes) => bytes.fill(1, 28, 29)),
    changed((bytes) => bytes.fill(0, 236, 240)),
    changed((bytes) => bytes.fill(99, 242, 243)),
    // An option that is longer than the message.
    changed((bytes) => bytes.fill(200, 243)),
  ];
  for (const bytes of broken) expect(server.handle(bytes)).toBeUndefined();
  expect(server.handle(discover)).toBeDefined();
});

const anyMessage: fc.Arbitrary<DhcpMessage> = fc.record({
  operation: fc.nat(255),
  transaction: fc.nat(0xffff_ffff),
  broadcast: fc.boolean(),
  clientAddress: fc.nat(0xffff_ffff),
  yourAddress: fc.nat(0xffff_ffff),
  relayAddress: fc.nat(0xffff_ffff),
  hardware: fc.maxSafeNat().map((mac) => mac % 2 ** 48),
  type: fc.nat(255),
  options: fc
    .array(fc.tuple(fc.integer({ min: 1, max: 254 }), fc.uint8Array({ maxLength: 60 })), {
      maxLength: 15,
    })
    .map((options) => new Map(options.filter(([code]) => code !== dhcpOption.messageType))),
});

test("what is written is read again", () => {
  fc.assert(
    fc.property(anyMessage, (written) => {
      const read = parseDhcp(encodeDhcp(written));
      const { options, ...fields } = read!;
      options.delete(dhcpOption.messageType);
      expect({ ...fields, options: [...options] }).toEqual({
        ...written,
        options: [...written.options],
      });
    }),
  );
});

test("whatever comes, the server goes on, and no address is leased twice", () => {
  const address = fc.constantFrom(0, FIRST, FIRST + 1, FIRST + 2, FIRST + 3, ELSEWHERE);
  const said = fc.record({
    type: fc.nat(9),
    hardware: fc.constantFrom(ONE, TWO, TWO + 1),
    clientAddress: address,
    requested: fc.option(address, { nil: undefined }),
    chosen: fc.option(fc.constantFrom(SERVER, OTHER_SERVER), { nil: undefined }),
    wait: fc.nat(LEASE_SECONDS * 1000),
  });
  fc.assert(
    fc.property(fc.array(fc.oneof(said, fc.uint8Array({ maxLength: 600 }))), (history) => {
      const { server, clock } = serve();
      for (const event of history) {
        if (event instanceof Uint8Array) {
          server.handle(event);
          const cut = message(dhcpType.discover);
          cut.set(event.subarray(0, 60), 240);
          server.handle(cut);
          continue;
        }
        const { type, wait, requested, chosen, ...fields } = event;
        clock.now += wait;
        server.handle(
          message(type, {
            ...fields,
            ...(requested === undefined ? {} : { requested }),
            ...(chosen === undefined ? {} : { chosen }),
          }),
        );
        const leases = [...server.leases()];
        expect(new Set(leases.map((lease) => lease.address)).size).toBe(leases.length);
        expect(new Set(leases.map((lease) => lease.hardware)).size).toBe(leases.length);
      }
    }),
  );
});
