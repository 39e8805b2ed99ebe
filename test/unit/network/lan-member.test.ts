/** Who is on a network of tabs: numbers, names, and what other tabs may say. */
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import type { LanState } from "../../../workers/kernel/network/contract.ts";
import type { LanChannel, LanHost } from "../../../workers/kernel/network/lan/channel.ts";
import {
  numberLock,
  pairChannel,
  sharedChannel,
} from "../../../workers/kernel/network/lan/contract.ts";
import { LanService } from "../../../workers/kernel/network/lan/lan-service.ts";
import { LanMember } from "../../../workers/kernel/network/lan/member.ts";
import { addressOf, macOf } from "../../../workers/kernel/network/lan/numbers.ts";
import { PeerLink } from "../../../workers/kernel/network/lan/peer-link.ts";
import { etherType, writeEthernet } from "../../../workers/kernel/network/link/ethernet.ts";
import { protocol, writeIpv4 } from "../../../workers/kernel/network/link/ipv4.ts";
import { encodeUdp } from "../../../workers/kernel/network/link/udp.ts";
import { LAN_BATCH_FRAMES, LAN_QUEUE_BYTES, LAN_TAKEN_MS } from "../../../workers/shared/limits.ts";
import { MemoryLocks, makeTab, type Tab } from "./support/lan-host.ts";
import { VirtualClock } from "./support/virtual-clock.ts";

const NETWORK = "demo";
const tabs: Tab[] = [];

afterEach(() => {
  for (const tab of tabs.splice(0)) tab.crash();
});

interface Machine {
  tab: Tab;
  member: LanMember;
  frames: Uint8Array[];
  /** Settles when this is so, looked at whenever something has changed. */
  until(is: (member: LanMember) => boolean): Promise<void>;
}

async function machine(origin: MemoryLocks, hostname: string): Promise<Machine> {
  const tab = makeTab(origin);
  tabs.push(tab);
  const frames: Uint8Array[] = [];
  let look = () => {};
  const joined = await LanMember.join(tab, {
    network: NETWORK,
    hostname,
    onFrame: (frame) => frames.push(frame),
    onChange: () => look(),
    onLost: () => {},
  });
  const member = joined!;
  return {
    tab,
    member,
    frames,
    until: (is) =>
      new Promise((resolve) => {
        look = () => {
          if (is(member)) resolve();
        };
        look();
      }),
  };
}

const namesOf = ({ peers }: LanMember) => peers.map(({ name }) => name);

test("each has its own number and name; the number of one that died is the next one's", async () => {
  const origin = new MemoryLocks();
  const one = await machine(origin, "web");
  const two = await machine(origin, "web");
  const three = await machine(origin, "tabnix");
  expect([one, two, three].map(({ member }) => member.number)).toEqual([2, 3, 4]);
  expect([one, two, three].map(({ member }) => member.name)).toEqual(["web", "web-3", "tabnix-4"]);
  await one.until((member) => namesOf(member).join() === "web-3,tabnix-4");
  expect(one.member.names("web-3")).toBe(addressOf(3));
  expect(one.member.reverse(addressOf(4))).toBe("tabnix-4");

  two.tab.crash();
  await one.until(({ peers }) => peers.length === 1);
  await three.until(({ peers }) => peers.length === 1);
  const four = await machine(origin, "db");
  expect(four.member.number).toBe(3);
  await one.until((member) => namesOf(member).join() === "db,tabnix-4");

  four.member.leave();
  await one.until(({ peers }) => peers.length === 1);
  expect(origin.held).toEqual([numberLock(NETWORK, 2), numberLock(NETWORK, 4)]);
});

test("of two that join at the same time and want one name, the first keeps it", async () => {
  const origin = new MemoryLocks();
  const machines = await Promise.all([machine(origin, "web"), machine(origin, "web")]);
  const [one, two] = machines;
  await two!.until(({ name }) => name === "web-3");
  await one!.until((member) => namesOf(member)[0] === "web-3");
  expect(one!.member.name).toBe("web");
});

test("a machine whose number nobody holds is not there", async () => {
  const origin = new MemoryLocks();
  const one = await machine(origin, "web");
  const liar = new BroadcastChannel(sharedChannel(NETWORK));
  let met = false;
  const gone = one.until(({ peers }) => {
    met ||= peers.length === 1;
    return met && peers.length === 0;
  });
  liar.postMessage({ type: "here", from: 77, name: "bank" });
  await gone;
  liar.close();
});

test("whatever others say, the machine stays on its network", async () => {
  const origin = new MemoryLocks();
  const one = await machine(origin, "web");
  const shared = new BroadcastChannel(sharedChannel(NETWORK));
  const pair = new BroadcastChannel(pairChannel(NETWORK, 2, 3));
  const anything = fc.oneof(
    fc.record({
      type: fc.constantFrom("hello", "here", "bye"),
      from: fc.nat(10),
      name: fc.string(),
    }),
    fc.record({ type: fc.constant("frame"), from: fc.nat(10), frame: fc.uint8Array() }),
    fc.record({ type: fc.constant("frames"), frames: fc.array(fc.uint8Array()) }),
    fc.jsonValue(),
  );
  for (const message of fc.sample(anything, 500)) {
    shared.postMessage(message);
    pair.postMessage(message);
  }
  shared.close();
  pair.close();
  const two = await machine(origin, "other");
  await one.until((member) => namesOf(member).includes("other"));
  expect([one.member.number, one.member.name, two.member.number]).toEqual([2, "web", 3]);
  expect([...one.frames, ...two.frames]).toEqual([]);
});

/** A datagram from machine 3. */
function fromThree(to: { address: number; mac: number }): Uint8Array {
  const source = addressOf(3);
  const data = new Uint8Array(8);
  const frame = encodeUdp({
    source,
    sourcePort: 1000,
    destination: to.address,
    destinationPort: 2000,
    data,
  });
  writeIpv4(frame, { source, destination: to.address, protocol: protocol.udp });
  writeEthernet(frame, { source: macOf(3), destination: to.mac, type: etherType.ipv4 });
  return frame;
}

test("another tab's frames come in only for the machine's own address, however they are sent", async () => {
  const origin = new MemoryLocks();
  const one = await machine(origin, "web");
  const two = await machine(origin, "db");
  await one.until(({ peers }) => peers.length === 1);
  // Another one on the same channel, without a filter.
  const pair = new BroadcastChannel(pairChannel(NETWORK, 2, 3));
  const shared = new BroadcastChannel(sharedChannel(NETWORK));
  const loopback = fromThree({ address: 0x7f00_0001, mac: macOf(2) });
  const own = fromThree({ address: addressOf(2), mac: macOf(2) });
  const arrived = new Promise<void>((resolve) => {
    one.frames.push = (...frames) => {
      resolve();
      return Array.prototype.push.apply(one.frames, frames);
    };
  });
  shared.postMessage({ type: "frame", from: 3, frame: loopback });
  shared.postMessage({ type: "frame", from: 3, frame: own });
  pair.postMessage({ type: "frames", frames: [loopback, own] });
  await arrived;
  expect([...one.frames]).toEqual([own]);
  expect(two.member.has(2)).toBe(true);
  pair.close();
  shared.close();
});

/** A channel whose other end is the test. */
function testChannel() {
  const posted: { type: string; frames?: Uint8Array[] }[] = [];
  const channel: LanChannel = {
    onmessage: null,
    postMessage: (message) => posted.push(message as (typeof posted)[number]),
    close: () => {},
  };
  const say = (data: unknown) => channel.onmessage?.({ data } as MessageEvent<unknown>);
  return { posted, channel, say };
}

test("frames wait for the other to take them, go together, and are dropped when they are too many", async () => {
  const clock = new VirtualClock();
  const { posted, channel, say } = testChannel();
  const link = new PeerLink(channel, clock, () => {});
  const frame = () => new Uint8Array(9000);
  for (let i = 0; i < 12; i++) link.send(frame());
  expect(posted.map(({ frames }) => frames?.length)).toEqual([1, 1]);
  say({ type: "taken" });
  expect(posted.map(({ frames }) => frames?.length)).toEqual([1, 1, 10]);

  for (let i = 0; i < 300; i++) link.send(frame());
  expect(link.dropped).toBe(300 - Math.floor(LAN_QUEUE_BYTES / 9000));
  // The other says nothing any more: what it had counts as lost.
  const before = posted.length;
  await clock.pass(LAN_TAKEN_MS);
  expect(posted.length).toBe(before + 2);
  expect(posted.every(({ frames }) => frames!.length <= LAN_BATCH_FRAMES)).toBe(true);
});

test("two frames in the same memory are two frames", () => {
  const { channel, say, posted } = testChannel();
  const frames: Uint8Array[] = [];
  new PeerLink(channel, new VirtualClock(), (frame) => frames.push(frame));
  const frame = new Uint8Array(100);
  say({ type: "frames", frames: [frame, frame, frame.subarray(10)] });
  expect(new Set(frames.map(({ buffer }) => buffer)).size).toBe(3);
  expect(posted).toEqual([{ type: "taken" }]);
});

test("a browser without locks says so, and one that refuses them says why", async () => {
  const said: LanState[] = [];
  await new LanService(undefined, (state) => said.push(state)).join(NETWORK);
  expect(said.at(-1)).toMatchObject({ state: "failed", reason: /Web Locks/ });
  const refusing: LanHost = {
    ...makeTab(new MemoryLocks()),
    locks: { request: () => Promise.reject(new DOMException("no", "SecurityError")) },
  };
  await new LanService(refusing, (state) => said.push(state)).join(NETWORK);
  expect(said.at(-1)).toMatchObject({ state: "failed", network: NETWORK });
});

test("the last choice holds, however fast they follow", async () => {
  const origin = new MemoryLocks();
  const tab = makeTab(origin);
  tabs.push(tab);
  const said: LanState[] = [];
  const service = new LanService(tab, (state) => said.push(state));
  await Promise.all(["a", "b", "a", undefined, "b"].map((network) => service.join(network)));
  expect(said.at(-1)).toMatchObject({ state: "joined", network: "b" });
  expect(origin.held).toEqual([expect.stringContaining(numberLock("b", 3).slice(0, -1))]);
});
