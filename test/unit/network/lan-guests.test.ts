/** Two guests of one snapshot on a network of tabs: names, bytes, and what becomes of a tab that dies. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Guest } from "../../../images/build/guest/guest.ts";
import type { ToNetworkCard } from "../../../workers/kernel/contract.ts";
import type { LanState } from "../../../workers/kernel/network/contract.ts";
import { NetworkService } from "../../../workers/kernel/network/network-service.ts";
import { networkedGuest } from "./networked-guest.ts";
import { MemoryLocks, makeTab } from "./support/lan-host.ts";

const TIMEOUT_MS = 240_000;
const MEGABYTE = 1024 * 1024;

type Joined = Extract<LanState, { state: "joined" }>;

/** A tab with a machine: its guest, and its kernel worker's part of the network. */
interface Computer {
  guest: Guest;
  service: NetworkService;
  /** Settles when the network stands so. */
  until(is: (state: Joined) => boolean): Promise<Joined>;
  crash(): Promise<void>;
}

const origin = new MemoryLocks();
const open: Computer[] = [];

async function start(hostname: string): Promise<Computer> {
  let last: LanState = { state: "off" };
  let onState = () => {};
  const tab = makeTab(origin);
  const service = new NetworkService(
    (report) => {
      if (report.type === "lan") last = report.state;
      onState();
    },
    { lanHost: tab },
  );
  const { port1: kernelEnd, port2: machineEnd } = new MessageChannel();
  const guest = await networkedGuest(
    { receive: (frame) => machineEnd.postMessage(frame) },
    { hostname },
  );
  machineEnd.onmessage = ({ data }: MessageEvent<ToNetworkCard>) => {
    if (data instanceof Uint8Array) guest.machine.receiveFrame(data);
    else guest.machine.identify(data);
  };
  service.attach(kernelEnd, hostname);
  const computer: Computer = {
    guest,
    service,
    until: (is) =>
      new Promise((resolve) => {
        onState = () => {
          if (last.state === "joined" && is(last)) resolve(last);
        };
        onState();
      }),
    crash: async () => {
      open.splice(open.indexOf(computer), 1);
      tab.crash();
      machineEnd.close();
      await guest.destroy();
    },
  };
  open.push(computer);
  return computer;
}

const hasAddress = (address: string) =>
  `until ip addr show eth0 | grep -q 'inet ${address}/'; do sleep 0.1; done`;

let one: Computer;
let two: Computer;

beforeAll(async () => {
  [one, two] = [await start("tabnix"), await start("tabnix")];
  // The second is on no network yet: its guest has the address that all begin with.
  one.service.handle({ type: "lan", network: "demo" });
  await one.until(() => true);
  await two.guest.run(hasAddress("10.86.0.2"));
  two.service.handle({ type: "lan", network: "demo" });
  await Promise.all([one, two].map(({ until }) => until(({ peers }) => peers.length === 1)));
  await one.guest.run(hasAddress("10.86.0.2"));
  await two.guest.run(hasAddress("10.86.0.3"));
}, TIMEOUT_MS);

afterAll(async () => {
  for (const computer of [...open]) await computer.crash();
});

test("two of one snapshot have their own addresses and names, and ping each other by name", {
  timeout: TIMEOUT_MS,
}, async () => {
  expect((await one.guest.run("hostname; cat /sys/class/net/eth0/address")).output).toBe(
    "tabnix-2\n02:00:0a:56:00:02\n",
  );
  expect((await two.guest.run("hostname; cat /sys/class/net/eth0/address")).output).toBe(
    "tabnix-3\n02:00:0a:56:00:03\n",
  );
  const there = await one.guest.run("ping -c 3 tabnix-3.tabnix.internal");
  expect(there).toEqual({ status: 0, output: expect.stringContaining("(10.86.0.3)") });
  const back = await two.guest.run("ping -c 3 tabnix-2");
  expect(back).toEqual({ status: 0, output: expect.stringContaining("(10.86.0.2)") });
  const reverse = await two.guest.run("nslookup 10.86.0.2");
  expect(reverse.output).toContain("tabnix-2.tabnix.internal");
});

test("a megabyte comes byte for byte", { timeout: TIMEOUT_MS }, async () => {
  const server = two.guest.run("nc -l -p 7000 > /tmp/received; md5sum < /tmp/received");
  const { output: sent } = await one.guest.run(
    `head -c ${MEGABYTE} /dev/urandom > /tmp/sent; md5sum < /tmp/sent`,
  );
  await two.guest.run("until netstat -ltn | grep -q 7000; do sleep 0.1; done");
  const client = await one.guest.run("nc tabnix-3 7000 < /tmp/sent");
  const received = await server;
  expect(client.status).toBe(0);
  expect(received.output).toBe(sent);
});

test("a tab that dies is missed, and another takes its place and its number", {
  timeout: TIMEOUT_MS,
}, async () => {
  await two.crash();
  await one.until(({ peers }) => peers.length === 0);
  const gone = await one.guest.run("nc -w 5 tabnix-3 7000 < /dev/null");
  expect(gone).toEqual({ status: 1, output: expect.stringContaining("bad address") });

  const three = await start("other");
  three.service.handle({ type: "lan", network: "demo" });
  expect(await three.until(({ peers }) => peers.length === 1)).toMatchObject({
    address: "10.86.0.3",
    hostname: "other",
    peers: [{ name: "tabnix-2", address: "10.86.0.2" }],
  });
  await three.guest.run(hasAddress("10.86.0.3"));
  await one.until(({ peers }) => peers[0]?.name === "other");
  expect(await one.guest.run("ping -c 1 other")).toMatchObject({ status: 0 });

  three.service.handle({ type: "lan" });
  await one.until(({ peers }) => peers.length === 0);
  await three.guest.run(hasAddress("10.86.0.2"));
  expect(await three.guest.run("hostname")).toMatchObject({ output: "other\n" });
  expect(await three.guest.run("ping -c 1 gateway")).toMatchObject({ status: 0 });
});
