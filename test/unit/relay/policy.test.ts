import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { notGlobal } from "../../../relay/policy/address.ts";
import { readForward } from "../../../relay/policy/forwards.ts";
import { readHost } from "../../../relay/policy/host.ts";
import { ownAddresses, Policy } from "../../../relay/policy/policy.ts";
import { readRule } from "../../../relay/policy/rules.ts";

/** What a policy says of a destination. */
function judge(
  host: string,
  port = 80,
  rules: Partial<Record<"allow" | "deny" | "only", string[]>> = {},
) {
  const read = (entries: string[] = []) => entries.map(readRule);
  const policy = new Policy(
    { allow: read(rules.allow), deny: read(rules.deny), only: read(rules.only), forward: [] },
    () => ["198.41.0.4", "2001:503:ba3e::2:30"],
  );
  try {
    const found = policy.checkHost(host, port);
    return found.kind === "name" ? `name ${found.name}` : `address ${found.address}`;
  } catch (error) {
    return error instanceof Error && "reason" in error ? error.reason : error;
  }
}

const INVALID = 0x41;
const BLOCKED = 0x48;

test.each<[host: string, verdict: string | number]>([
  ["1.1.1.1", "address 1.1.1.1"],
  ["93.184.216.34", "address 93.184.216.34"],
  ["2606:4700:4700::1111", "address 2606:4700:4700::1111"],
  ["[2606:4700:4700::1111]", "address 2606:4700:4700::1111"],
  ["2606:4700:4700:0:0:0:0:1111", "address 2606:4700:4700::1111"],
  ["::ffff:1.1.1.1", "address 1.1.1.1"],
  ["::ffff:101:101", "address 1.1.1.1"],
  ["64:ff9b::1.1.1.1", "address 64:ff9b::101:101"],
  ["2002:0101:0101::1", "address 2002:101:101::1"],
  ["0x01.1.1.1", "address 1.1.1.1"],
  ["example.org", "name example.org"],
  ["EXAMPLE.org", "name example.org"],
  ["example.org.", "name example.org"],
  ["münchen.example", "name xn--mnchen-3ya.example"],
  ["_service.example.org", "name _service.example.org"],
  // The relay itself.
  ["127.0.0.1", BLOCKED],
  ["127.255.255.254", BLOCKED],
  ["127.0.0.1.", BLOCKED],
  ["127.1", BLOCKED],
  ["127.0.1", BLOCKED],
  ["2130706433", BLOCKED],
  ["0x7f000001", BLOCKED],
  ["0X7F.0.0.1", BLOCKED],
  ["0x7f.1", BLOCKED],
  ["017700000001", BLOCKED],
  ["0177.0.0.1", BLOCKED],
  ["0177.0.0.01", BLOCKED],
  ["00000177.0x0.0.1", BLOCKED],
  ["１２７.０.０.１", BLOCKED],
  ["127。0。0。1", BLOCKED],
  ["①②⑦.⓪.⓪.①", BLOCKED],
  ["::1", BLOCKED],
  ["[::1]", BLOCKED],
  ["0:0:0:0:0:0:0:1", BLOCKED],
  ["::", BLOCKED],
  ["0.0.0.0", BLOCKED],
  ["0", BLOCKED],
  ["0.1.2.3", BLOCKED],
  ["::ffff:127.0.0.1", BLOCKED],
  ["::ffff:7f00:1", BLOCKED],
  ["0:0:0:0:0:ffff:7f00:0001", BLOCKED],
  ["::FFFF:127.0.0.1", BLOCKED],
  ["::127.0.0.1", BLOCKED],
  ["::7f00:1", BLOCKED],
  ["::ffff:0:127.0.0.1", BLOCKED],
  ["64:ff9b::127.0.0.1", BLOCKED],
  ["64:ff9b::7f00:1", BLOCKED],
  ["64:ff9b:1::1.1.1.1", BLOCKED],
  ["2002:7f00:1::", BLOCKED],
  ["2002:a9fe:a9fe::1", BLOCKED],
  ["2001::1", BLOCKED],
  ["2001:0:4136:e378:8000:63bf:3fff:fdd2", BLOCKED],
  ["2606:4700::5efe:127.0.0.1", BLOCKED],
  ["2606:4700::200:5efe:10.0.0.1", BLOCKED],
  ["fe80::5efe:10.0.0.1", BLOCKED],
  ["localhost", BLOCKED],
  ["LOCALHOST", BLOCKED],
  ["localhost.", BLOCKED],
  ["a.localhost", BLOCKED],
  ["a.b.localhost.", BLOCKED],
  ["ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", BLOCKED],
  ["local\u00adhost", BLOCKED],
  ["localhost.localdomain", BLOCKED],
  ["ip6-localhost", BLOCKED],
  // The cloud's.
  ["169.254.169.254", BLOCKED],
  ["169.254.170.2", BLOCKED],
  ["2852039166", BLOCKED],
  ["0xa9fea9fe", BLOCKED],
  ["0251.0376.0251.0376", BLOCKED],
  ["::ffff:169.254.169.254", BLOCKED],
  ["::ffff:a9fe:a9fe", BLOCKED],
  ["64:ff9b::a9fe:a9fe", BLOCKED],
  ["fd00:ec2::254", BLOCKED],
  ["fd20:ce::254", BLOCKED],
  ["100.100.100.200", BLOCKED],
  ["168.63.129.16", BLOCKED],
  ["192.0.0.192", BLOCKED],
  // Private and special networks, at both ends.
  ["10.0.0.0", BLOCKED],
  ["10.255.255.255", BLOCKED],
  ["100.64.0.1", BLOCKED],
  ["100.127.255.255", BLOCKED],
  ["100.128.0.1", "address 100.128.0.1"],
  ["172.16.0.1", BLOCKED],
  ["172.31.255.255", BLOCKED],
  ["172.32.0.1", "address 172.32.0.1"],
  ["192.168.0.1", BLOCKED],
  ["192.168.1", BLOCKED],
  ["192.0.2.1", BLOCKED],
  ["192.88.99.1", BLOCKED],
  ["198.18.0.1", BLOCKED],
  ["198.19.255.255", BLOCKED],
  ["198.20.0.1", "address 198.20.0.1"],
  ["198.51.100.1", BLOCKED],
  ["203.0.113.1", BLOCKED],
  ["223.255.255.255", "address 223.255.255.255"],
  ["224.0.0.1", BLOCKED],
  ["239.255.255.250", BLOCKED],
  ["240.0.0.1", BLOCKED],
  ["255.255.255.255", BLOCKED],
  ["fc00::1", BLOCKED],
  ["fd12:3456:789a::1", BLOCKED],
  ["fe80::1", BLOCKED],
  ["febf::1", BLOCKED],
  ["fec0::1", BLOCKED],
  ["ff02::1", BLOCKED],
  ["ff0e::1", BLOCKED],
  ["100::1", BLOCKED],
  ["2001:2::1", BLOCKED],
  ["2001:10::1", BLOCKED],
  ["2001:20::1", BLOCKED],
  ["2001:db8::1", BLOCKED],
  ["3fff::1", BLOCKED],
  ["5f00::1", BLOCKED],
  ["4000::1", BLOCKED],
  ["198.41.0.4", BLOCKED],
  ["2001:503:ba3e::2:30", BLOCKED],
  ["2001:503:ba3e:0:0:0:2:30", BLOCKED],
  ["::ffff:198.41.0.4", BLOCKED],
  // Nothing at all.
  ["fe80::1%eth0", INVALID],
  ["::1%lo", INVALID],
  ["2606:4700::1111%25eth0", INVALID],
  ["[::1]:80", INVALID],
  ["::1::", INVALID],
  ["1.1.1.1:80", INVALID],
  ["example.org:80", INVALID],
  ["256.1.1.1", INVALID],
  ["1.2.3.4.5", INVALID],
  ["4294967296", INVALID],
  ["0x", "address 0.0.0.0"],
  ["a..b", INVALID],
  ["example.org..", INVALID],
  [".", INVALID],
  [" ", INVALID],
  ["example.org ", INVALID],
  ["exa mple.org", INVALID],
  ["example.org/", INVALID],
  ["example.org#", INVALID],
  ["example.org?", INVALID],
  ["user@example.org", INVALID],
  ["example.org\\", INVALID],
  ["example.org\0.evil.example", INVALID],
  ["example.org\r\nHost: evil", INVALID],
  ["%31%32%37.0.0.1", INVALID],
  ["-a.example", INVALID],
  [`${"a".repeat(64)}.example`, INVALID],
  [`${"a.".repeat(127)}a`, INVALID],
])("%s", (host, verdict) => {
  // An odd spelling of an address that is blocked anyway may be read as that address.
  expect(judge(host)).toBe(verdict === "address 0.0.0.0" ? BLOCKED : verdict);
});

test("whatever is written, nothing of this computer's networks is reached", () => {
  const inner = fc.constantFrom("127.0.0.1", "10.1.2.3", "169.254.169.254", "192.168.7.9");
  const spell = fc.constantFrom<(parts: number[]) => string>(
    (p) => p.map((n) => `0${n.toString(8)}`).join("."),
    (p) => p.map((n) => `0x${n.toString(16)}`).join("."),
    (p) => String(p.reduce((sum, n) => sum * 256 + n, 0)),
    (p) => `0x${p.reduce((sum, n) => sum * 256 + n, 0).toString(16)}`,
    (p) => `${p[0]}.${p.slice(1).reduce((sum, n) => sum * 256 + n, 0)}`,
    (p) => `::ffff:${p.join(".")}`,
    (p) => `64:ff9b::${p.join(".")}`,
    (p) =>
      `2002:${p
        .map((n) => n.toString(16).padStart(2, "0"))
        .join("")
        .replace(/(.{4})/, "$1:")}::`,
  );
  const property = fc.property(inner, spell, (address, write) => {
    expect(judge(write(address.split(".").map(Number)))).toBe(BLOCKED);
  });
  fc.assert(property);
});

test("any text is judged, and nothing but a refusal is thrown", () => {
  const hosts = fc.oneof(fc.string({ unit: "binary" }), fc.ipV4(), fc.ipV6(), fc.domain());
  const property = fc.property(hosts, fc.integer({ min: 0, max: 65_535 }), (host, port) => {
    expect(judge(host, port)).toSatisfy(
      (verdict) => verdict === BLOCKED || verdict === INVALID || typeof verdict === "string",
    );
  });
  fc.assert(property);
});

test("reading what was read gives the same", () => {
  const property = fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain()), (spelled) => {
    const once = readHost(spelled);
    if (once.kind === "address") expect(readHost(once.address)).toEqual(once);
    if (once.kind === "name") expect(readHost(once.name)).toEqual(once);
  });
  fc.assert(property);
});

test("every IPv4 address of a private network is special in IPv6 forms, too", () => {
  const property = fc.property(fc.ipV4(), (address) => {
    const why = notGlobal(address);
    expect(notGlobal(`::ffff:${address}`)).toBe(why);
    expect(notGlobal(`64:ff9b::${address}`) === undefined).toBe(why === undefined);
  });
  fc.assert(property);
});

describe("rules", () => {
  test.each<
    [string, number, Partial<Record<"allow" | "deny" | "only", string[]>>, string | number]
  >([
    ["1.1.1.1", 25, {}, BLOCKED],
    ["1.1.1.1", 25, { allow: [":25"] }, "address 1.1.1.1"],
    ["127.0.0.1", 25, { allow: [":25"] }, BLOCKED],
    ["1.1.1.1", 465, {}, "address 1.1.1.1"],
    ["1.1.1.1", 587, {}, "address 1.1.1.1"],
    ["1.1.1.1", 0, {}, INVALID],
    ["127.0.0.1", 8080, { allow: ["127.0.0.1:8080"] }, "address 127.0.0.1"],
    ["127.0.0.1", 8081, { allow: ["127.0.0.1:8080"] }, BLOCKED],
    ["::ffff:127.0.0.1", 8080, { allow: ["127.0.0.1:8080"] }, "address 127.0.0.1"],
    ["127.0.0.2", 8080, { allow: ["127.0.0.1:8080"] }, BLOCKED],
    ["10.1.2.3", 80, { allow: ["10.0.0.0/8:1-100"] }, "address 10.1.2.3"],
    ["10.1.2.3", 101, { allow: ["10.0.0.0/8:1-100"] }, BLOCKED],
    ["::1", 443, { allow: ["[::1]:443"] }, "address ::1"],
    ["::1", 444, { allow: ["[::1]:443"] }, BLOCKED],
    ["fd00::5", 1, { allow: ["fd00::/8"] }, "address fd00::5"],
    ["127.0.0.1", 80, { allow: ["127.0.0.1"], deny: ["127.0.0.0/8"] }, BLOCKED],
    ["1.1.1.1", 80, { deny: ["1.1.1.0/24"] }, BLOCKED],
    ["1.1.1.1", 80, { deny: ["1.1.1.0/24:443"] }, "address 1.1.1.1"],
    ["evil.example", 80, { deny: ["evil.example"] }, BLOCKED],
    ["a.evil.example", 80, { deny: ["evil.example"] }, "name a.evil.example"],
    ["a.evil.example", 80, { deny: ["*.evil.example"] }, BLOCKED],
    ["a.b.evil.example", 80, { deny: ["*.evil.example"] }, BLOCKED],
    ["evil.example", 80, { deny: ["*.evil.example"] }, "name evil.example"],
    ["notevil.example", 80, { deny: ["*.evil.example"] }, "name notevil.example"],
    ["EVIL.example.", 80, { deny: ["evil.example"] }, BLOCKED],
    ["1.1.1.1", 80, { only: [":443"] }, BLOCKED],
    ["1.1.1.1", 443, { only: [":443"] }, "address 1.1.1.1"],
    ["1.1.1.1", 443, { only: ["example.org"] }, BLOCKED],
    ["127.0.0.1", 443, { only: [":443"] }, BLOCKED],
  ])("%s port %d with %o", (host, port, rules, verdict) => {
    expect(judge(host, port, rules)).toBe(verdict);
  });

  test("a name that is among what is reached is reached at its addresses", () => {
    const policy = new Policy(
      { allow: [], deny: [], only: [readRule("example.org:443")], forward: [] },
      () => [],
    );
    expect(() => policy.checkAddress("93.184.216.34", 443, "example.org")).not.toThrow();
    expect(() => policy.checkAddress("93.184.216.34", 80, "example.org")).toThrow();
    expect(() => policy.checkAddress("93.184.216.34", 443, "example.net")).toThrow();
    expect(() => policy.checkAddress("10.0.0.1", 443, "example.org")).toThrow();
  });

  test.each([
    ["", "it is empty"],
    ["*", "label"],
    ["example.org/8", "only addresses"],
    ["10.0.0.0/33", "32 bits"],
    ["127.1", "write the address as 127.0.0.1"],
    [":0", '"0" is not a port'],
    [":90-80", "not a port"],
    [":65536", "not a port"],
    ["a b", "characters"],
  ])("the entry %j", (entry, why) => {
    expect(() => readRule(entry)).toThrow(why);
  });
});

describe("what the operator forwards", () => {
  const policy = (forward: string[], deny: string[] = []) =>
    new Policy(
      {
        allow: [],
        deny: deny.map(readRule),
        only: [readRule(":443")],
        forward: forward.map(readForward),
      },
      () => [],
    );

  test("is found at the address that he chose, in every notation, and at no other port", () => {
    const forwards = policy(["10.0.0.1:80=127.0.0.1:8080", "[fd00::1]:53=[::1]:5353"]);
    const ask = (host: string, port: number) => forwards.forwarded(host, port);
    const web = { address: "127.0.0.1", port: 8080 };
    expect(ask("10.0.0.1", 80)).toEqual(web);
    expect(ask("0xa000001", 80)).toEqual(web);
    expect(ask("::ffff:10.0.0.1", 80)).toEqual(web);
    expect(ask("[FD00:0::1]", 53)).toEqual({ address: "::1", port: 5353 });
    expect(ask("10.0.0.1", 8080)).toBeUndefined();
    expect(ask("127.0.0.1", 8080)).toBeUndefined();
    expect(ask("example.org", 80)).toBeUndefined();
    expect(ask("10.0.0.1%eth0", 80)).toBeUndefined();
  });

  test("opens its target for nobody who asks for that", () => {
    expect(() => policy(["10.0.0.1:443=127.0.0.1:443"]).checkHost("127.0.0.1", 443)).toThrow();
  });

  test("is closed by a denial of what is asked for", () => {
    const closed = policy(["10.0.0.1:80=127.0.0.1:8080"], ["10.0.0.0/8"]);
    expect(() => closed.forwarded("10.0.0.1", 80)).toThrow("denied");
  });

  test.each([
    ["10.0.0.1:80", "two addresses"],
    ["10.0.0.1:80=127.0.0.1:80=1", "two addresses"],
    ["10.0.0.1=127.0.0.1:80", "no address with a port"],
    ["10.0.0.1:80=127.0.0.1:0", "not a port"],
    ["10.0.0.1:80=127.0.0.1:65536", "not a port"],
    ["10.0.0.1:80=localhost:80", "no address"],
    ["::1:80=127.0.0.1:80", "no address with a port"],
    ["10.0.0.1:80=127.0.0.1:-1", "no address with a port"],
  ])("the entry %j", (entry, why) => {
    expect(() => readForward(entry)).toThrow(why);
  });
});

test("the addresses of this computer are known", () => {
  expect(ownAddresses()).toContain("127.0.0.1");
});
