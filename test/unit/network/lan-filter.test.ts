/** What may cross from one tab to another, and what the switch does with the rest. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parsePair, parseShared } from "../../../workers/kernel/network/lan/contract.ts";
import { destinationOf, EVERYBODY } from "../../../workers/kernel/network/lan/filter.ts";
import { freeName } from "../../../workers/kernel/network/lan/names.ts";
import { addressOf, macOf } from "../../../workers/kernel/network/lan/numbers.ts";
import { Switch } from "../../../workers/kernel/network/lan/switch.ts";
import {
  MAC_BROADCAST,
  parseIpv4,
  write16,
} from "../../../workers/kernel/network/link/addresses.ts";
import { arpOperation, encodeArp, parseArp } from "../../../workers/kernel/network/link/arp.ts";
import { addToChecksum, foldChecksum } from "../../../workers/kernel/network/link/checksum.ts";
import { etherType, writeEthernet } from "../../../workers/kernel/network/link/ethernet.ts";
import { PAYLOAD_OFFSET, protocol, writeIpv4 } from "../../../workers/kernel/network/link/ipv4.ts";
import { encodeUdp } from "../../../workers/kernel/network/link/udp.ts";
import { GATEWAY_MAC } from "../../../workers/kernel/network/network.ts";
import { LAN_BATCH_FRAMES, NETWORK_MTU } from "../../../workers/shared/limits.ts";

const [OWN, PEER] = [2, 3];
const ip = (text: string) => parseIpv4(text)!;
const HEADER_AT = 14;

interface Sample {
  from?: number;
  to?: number;
  sourceMac?: number;
  mac?: number;
  ports?: [number, number];
  kind?: number;
  type?: number;
  bytes?: number;
  /** The 16 bits of flags and fragment offset. */
  fragment?: number;
  header?: number;
}

/** A datagram from the one to the other, but for what a row says. */
function frame(sample: Sample): Uint8Array {
  const { from = addressOf(OWN), to = addressOf(PEER), ports = [1000, 2000] } = sample;
  const [sourcePort, destinationPort] = ports;
  const data = new Uint8Array(sample.bytes ?? 8);
  const bytes = encodeUdp({ source: from, destination: to, sourcePort, destinationPort, data });
  writeIpv4(bytes, { source: from, destination: to, protocol: sample.kind ?? protocol.udp });
  if (sample.header !== undefined) bytes[HEADER_AT] = sample.header;
  if (sample.fragment !== undefined) write16(bytes, HEADER_AT + 6, sample.fragment);
  write16(bytes, HEADER_AT + 10, 0);
  const headerBytes = (bytes[HEADER_AT]! & 15) * 4;
  const sum = addToChecksum(0, bytes, HEADER_AT, HEADER_AT + headerBytes);
  write16(bytes, HEADER_AT + 10, foldChecksum(sum));
  writeEthernet(bytes, {
    source: sample.sourceMac ?? macOf(OWN),
    destination: sample.mac ?? macOf(PEER),
    type: sample.type ?? etherType.ipv4,
  });
  return bytes;
}

const toAll: Sample = { to: ip("10.86.255.255"), mac: MAC_BROADCAST };

describe("what crosses", () => {
  test.each<[string, Sample, number | typeof EVERYBODY]>([
    ["a datagram", {}, PEER],
    ["TCP", { kind: protocol.tcp }, PEER],
    ["a ping", { kind: protocol.icmp }, PEER],
    ["the largest packet", { bytes: NETWORK_MTU - 28 }, PEER],
    ["a later fragment", { fragment: 3 }, PEER],
    ["a broadcast on the network", toAll, EVERYBODY],
    ["a limited broadcast", { to: ip("255.255.255.255"), mac: MAC_BROADCAST }, EVERYBODY],
    ["multicast DNS", { to: ip("224.0.0.251"), mac: 0x0100_5e00_00fb }, EVERYBODY],
  ])("%s", (_, sample, to) => expect(destinationOf(frame(sample), OWN)).toBe(to));
});

describe("what does not", () => {
  test.each<[string, Sample]>([
    ["to another's loopback", { to: ip("127.0.0.1") }],
    ["from loopback", { from: ip("127.0.0.1") }],
    ["to the gateway's address", { to: ip("10.86.0.1") }],
    ["to the gateway's hardware address", { mac: GATEWAY_MAC }],
    ["from the gateway's address", { from: ip("10.86.0.1") }],
    ["from the gateway's hardware address", { sourceMac: GATEWAY_MAC }],
    ["from another machine's address", { from: addressOf(4) }],
    ["from another machine's hardware address", { sourceMac: macOf(4) }],
    ["to one machine's address at another's hardware address", { mac: macOf(4) }],
    ["to itself", { to: addressOf(OWN), mac: macOf(OWN) }],
    ["through a machine to elsewhere", { to: ip("198.51.100.7") }],
    ["to loopback by a broadcast", { to: ip("127.0.0.1"), mac: MAC_BROADCAST }],
    ["to one by a broadcast", { mac: MAC_BROADCAST }],
    ["to a group by a broadcast", { to: ip("224.0.0.251"), mac: MAC_BROADCAST }],
    ["a ping of everybody", { ...toAll, kind: protocol.icmp }],
    ["a DHCP request", { ...toAll, ports: [68, 67] }],
    ["a DHCP answer", { ports: [67, 68] }],
    ["what goes to a DHCP client", { ports: [1000, 68] }],
    ["a DHCP answer in fragments", { ports: [67, 68], fragment: 0x2000 }],
    ["with options", { header: 0x46 }],
    ["another version", { header: 0x65 }],
    ["ARP", { type: etherType.arp }],
    ["IPv6", { type: 0x86dd }],
    ["more than the link takes", { bytes: NETWORK_MTU }],
  ])("%s", (_, sample) => expect(destinationOf(frame(sample), OWN)).toBeUndefined());

  test("a datagram too short to tell its ports", () => {
    const short = new Uint8Array(PAYLOAD_OFFSET + 4);
    writeIpv4(short, { source: addressOf(OWN), destination: addressOf(PEER), protocol: 17 });
    writeEthernet(short, { source: macOf(OWN), destination: macOf(PEER), type: etherType.ipv4 });
    expect(destinationOf(short, OWN)).toBeUndefined();
  });

  test("anything at all", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(destinationOf(bytes, OWN)).toBeUndefined();
      }),
    );
  });
});

describe("the switch", () => {
  const seen: [string, Uint8Array][] = [];
  const note = (port: string) => (bytes: Uint8Array) => void seen.push([port, bytes]);
  const bridge = new Switch({ toGuest: note("guest"), toGateway: note("gateway") });
  const lan = { has: (number: number) => number === PEER, send: note("lan") };
  const ports = (bytes: Uint8Array) => {
    seen.length = 0;
    bridge.lan = lan;
    bridge.fromGuest(bytes);
    return seen.map(([port]) => port);
  };
  const question = (target: number) =>
    encodeArp({
      operation: arpOperation.request,
      senderMac: macOf(OWN),
      senderAddress: addressOf(OWN),
      targetMac: 0,
      targetAddress: target,
    });

  test("what is the gateway's does not leave the tab", () => {
    expect(ports(frame({ mac: GATEWAY_MAC, to: ip("198.51.100.7") }))).toEqual(["gateway"]);
  });

  test("what is another machine's does not reach the gateway", () => {
    expect(ports(frame({}))).toEqual(["lan"]);
  });

  test("broadcasts go both ways", () => expect(ports(frame(toAll))).toEqual(["lan", "gateway"]));

  test("ARP for a machine that is there is answered in the tab", () => {
    expect(ports(question(addressOf(PEER)))).toEqual(["guest"]);
    expect(parseArp(seen[0]![1])).toMatchObject({
      operation: arpOperation.reply,
      senderMac: macOf(PEER),
      senderAddress: addressOf(PEER),
      targetMac: macOf(OWN),
    });
    expect(ports(question(addressOf(9)))).not.toContain("guest");
  });

  test("on no network all goes to the gateway", () => {
    seen.length = 0;
    bridge.lan = undefined;
    bridge.fromGuest(frame({}));
    expect(seen.map(([port]) => port)).toEqual(["gateway"]);
  });
});

test.each([
  ["web", [], "web"],
  ["web", ["web"], "web-3"],
  ["web", ["web", "web-3"], "web-4"],
  ["tabnix", [], "tabnix-3"],
  ["gateway", [], "gateway-3"],
  ["My_Box.example.org", [], "my-box"],
  ["???", [], "tabnix-3"],
  ["x".repeat(80), ["x".repeat(63)], `${"x".repeat(61)}-3`],
])("a machine that wants to be %s, where %j are taken, is %s", (wanted, taken, name) => {
  expect(freeName(wanted, 3, new Set(taken))).toBe(name);
});

describe("messages", () => {
  test.each<[unknown]>([
    [{ type: "here", from: 3, name: "a b" }],
    [{ type: "here", from: 3, name: "a".repeat(64) }],
    [{ type: "here", from: 1, name: "gateway" }],
    [{ type: "hello", from: 255 }],
    [{ type: "hello", from: 2.5 }],
    [{ type: "hello", from: "3" }],
    [{ type: "frame", from: 3, frame: new Uint8Array(NETWORK_MTU + 19) }],
    [{ type: "frame", from: 3, frame: [1, 2] }],
  ])("%j is none", (data) => expect(parseShared(data)).toBeUndefined());

  test("batches are bounded", () => {
    const frames = (count: number, length: number) =>
      Array.from({ length: count }, () => new Uint8Array(length));
    expect(parsePair({ type: "frames", frames: frames(2, 100) })).toBeDefined();
    for (const many of [frames(LAN_BATCH_FRAMES + 1, 1), frames(40, 9000), [1], "x", undefined]) {
      expect(parsePair({ type: "frames", frames: many })).toBeUndefined();
    }
  });

  test("anything is read without an error", () => {
    const anything = fc.oneof(
      fc.anything({ withTypedArray: true, withNullPrototype: true }),
      fc.record({
        type: fc.constantFrom("hello", "here", "bye", "frame", "frames", "taken"),
        from: fc.anything(),
        name: fc.anything(),
        frame: fc.anything({ withTypedArray: true }),
        frames: fc.anything({ withTypedArray: true }),
      }),
    );
    fc.assert(
      fc.property(anything, (data) => {
        parseShared(data);
        parsePair(data);
      }),
    );
  });
});
