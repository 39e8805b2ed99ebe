/** The guest's side of the network, in a real guest: its lease, names, and the ports it listens on. */
import { expect, test } from "vitest";
import type { Guest } from "../../../images/build/guest/guest.ts";
import { dhcpType } from "../../../workers/kernel/network/dhcp/message.ts";
import {
  formatIpv4,
  formatMac,
  read32,
  write16,
  write32,
} from "../../../workers/kernel/network/link/addresses.ts";
import {
  addToChecksum,
  foldChecksum,
  pseudoHeaderSum,
} from "../../../workers/kernel/network/link/checksum.ts";
import {
  allocatePacket,
  type Ipv4Packet,
  PAYLOAD_OFFSET,
  protocol,
} from "../../../workers/kernel/network/link/ipv4.ts";
import { GATEWAY, gatewayFrame, networkedGuest, TestLink } from "./networked-guest.ts";

const TIMEOUT_MS = 120_000;
const LOOPBACK = 0x7f00_0001;
const HAS_ADDRESS = "ip addr show eth0 | grep -q 'inet '";

/** The guest's output of a command, once it has an address. */
async function output(guest: Guest, command: string): Promise<string> {
  const result = await guest.run(`until ${HAS_ADDRESS}; do sleep 0.1; done; ${command}`);
  return result.output;
}

test("a restored machine gets its address, and finds others by it", {
  timeout: TIMEOUT_MS,
}, async () => {
  const link = new TestLink();
  const guest = await networkedGuest(link, { hostname: "one" });
  const interfaces = await output(guest, "ip addr show eth0; ip route; cat /etc/resolv.conf");
  const [lease] = [...link.dhcp.leases()];
  const address = formatIpv4(lease!.address);
  expect(lease!.name).toBe("one");
  expect(interfaces).toContain(`inet ${address}/16 brd 10.86.255.255`);
  expect(interfaces).toContain("mtu 9000");
  expect(interfaces).toContain(`link/ether ${formatMac(lease!.hardware)}`);
  expect(interfaces).toContain("default via 10.86.0.1 dev eth0");
  expect(interfaces).toContain("search tabnix.internal\nnameserver 10.86.0.1\n");
  expect(link.asked).toEqual([dhcpType.discover, dhcpType.request]);

  const ping = await guest.run("ping -c 1 -W 10 -s 8000 10.86.0.1");
  expect(ping.output).toContain("1 packets received, 0% packet loss");
  const names = await guest.run(
    "for name in one one.tabnix.internal gateway 10.86.0.1; do nslookup $name; done",
  );
  expect(names.output.match(new RegExp(`Address: ${address}$`, "gm"))).toHaveLength(2);
  expect(names.output).toMatch(/Name:\tgateway.tabnix.internal\s+Address: 10\.86\.0\.1$/m);
  expect(names.output).toContain("name = gateway.tabnix.internal");
  expect((await guest.run("ping -c 1 -W 10 gateway")).status).toBe(0);
  const missing = await guest.run("nslookup nobody.tabnix.internal");
  expect(missing.status).not.toBe(0);
  expect(missing.output).toContain("NXDOMAIN");
  // Nobody can be asked: that is known at once.
  const outside = await guest.run("nslookup debian.org; wget http://debian.org");
  expect(outside.output).toContain("REFUSED");
  expect(outside.output).toContain("bad address 'debian.org'");
  await guest.destroy();
});

test("two machines of one snapshot are two hosts", { timeout: TIMEOUT_MS }, async () => {
  const link = new TestLink();
  const facts = "ip addr show eth0 | grep -o 'inet [^ ]*'; cat /sys/class/net/eth0/address";
  const one = await networkedGuest(link, { hostname: "one" });
  const two = await networkedGuest(link, { hostname: "two" });
  const [address1, mac1] = (await output(one, facts)).split("\n");
  const [address2, mac2] = (await output(two, facts)).split("\n");
  expect(address1).not.toBe(address2);
  expect(mac1).not.toBe(mac2);
  expect([...link.dhcp.leases()].map(({ name }) => name).sort()).toEqual(["one", "two"]);
  expect((await one.run("nslookup two")).output).toContain(address2!.slice(5).split("/")[0]);
  await one.destroy();
  await two.destroy();
});

test("a lease is renewed, given up when it is refused, and ends when nobody renews it", {
  timeout: TIMEOUT_MS,
}, async () => {
  let settled: number | undefined;
  const link = new TestLink({
    dhcp: { leaseSeconds: 6, renewalSeconds: 1, addressFor: () => settled },
  });
  const guest = await networkedGuest(link, { hostname: "one" });
  const first = await output(guest, "ip addr show eth0");
  await link.whenAsked((asked) => asked.filter((type) => type === "renewal").length === 2);
  expect(await output(guest, "ip addr show eth0")).toBe(first);

  settled = GATEWAY + 1;
  await guest.run("until ip addr show eth0 | grep -q 'inet 10.86.0.2/16 '; do sleep 0.1; done");
  expect(await output(guest, "ip route")).toContain("default via 10.86.0.1");

  link.serves = false;
  await guest.run(`while ${HAS_ADDRESS}; do sleep 0.1; done`);
  expect((await guest.run("ip route")).output).toBe("");
  link.serves = true;
  expect(await output(guest, "ip route")).toContain("default via 10.86.0.1");
  await guest.destroy();
});

test("a user's own resolv.conf stays", { timeout: TIMEOUT_MS }, async () => {
  const link = new TestLink({ dhcp: { leaseSeconds: 6, renewalSeconds: 1 } });
  const guest = await networkedGuest(link, { hostname: "one" });
  await output(guest, "rm /etc/resolv.conf; echo nameserver 10.86.0.9 > /etc/resolv.conf");
  const renewals = link.asked.length;
  await link.whenAsked((asked) => asked.length > renewals);
  expect(await output(guest, "cat /etc/resolv.conf")).toBe("nameserver 10.86.0.9\n");
  await guest.destroy();
});

test("ports are told when programs listen and when they have ended", {
  timeout: TIMEOUT_MS,
}, async () => {
  const link = new TestLink();
  const told: number[][] = [];
  let onTold = () => {};
  const guest = await networkedGuest(link, {
    hostname: "one",
    onPorts: (ports) => {
      told.push(ports);
      onTold();
    },
  });
  const tells = (...ports: number[]) =>
    new Promise<void>((resolve) => {
      onTold = () => {
        if (told.at(-1)?.join() === ports.join()) resolve();
      };
      onTold();
    });
  await tells();
  const ends: Promise<unknown>[] = [];
  const start = (command: string) => {
    ends.push(guest.run(`echo $$ >> /tmp/pids; exec ${command}`));
  };
  start("httpd -f -p 127.0.0.1:8081");
  await tells(8081);
  start("nc -l -p 8080");
  // Of other loopback addresses the host cannot know.
  start("httpd -f -p 127.0.0.9:8082");
  await tells(8080, 8081);
  await output(guest, "");
  const answer = await synAnswer(link, guest, { port: 8081, address: LOOPBACK });
  expect(answer).toEqual({ source: LOOPBACK, destination: GATEWAY, flags: SYN | ACK });
  const refused = await synAnswer(link, guest, { port: 8083, address: LOOPBACK });
  expect(refused.flags).toBe(RST | ACK);
  // The third has told nobody that it runs.
  await guest.run("until [ $(wc -l < /tmp/pids) = 3 ]; do :; done; kill $(cat /tmp/pids)");
  await Promise.all(ends);
  await tells();
  await guest.destroy();
});

const [SYN, RST, ACK] = [0x02, 0x04, 0x10];
const TCP_HEADER_BYTES = 20;
const HOST_PORT = 40_000;

/** What the guest answers to a SYN from the gateway (RFC 9293, 3.1). */
async function synAnswer(link: TestLink, guest: Guest, to: { port: number; address: number }) {
  const frame = allocatePacket(TCP_HEADER_BYTES);
  const at = PAYLOAD_OFFSET;
  write16(frame, at, HOST_PORT);
  write16(frame, at + 2, to.port);
  write32(frame, at + 4, 1000);
  frame[at + 12] = (TCP_HEADER_BYTES / 4) << 4;
  frame[at + 13] = SYN;
  write16(frame, at + 14, 65_535);
  const sum = pseudoHeaderSum(GATEWAY, to.address, protocol.tcp, TCP_HEADER_BYTES);
  write16(frame, at + 16, foldChecksum(addToChecksum(sum, frame, at, frame.length)));
  const [lease] = [...link.dhcp.leases()];
  const mac = lease!.hardware;
  const packet = await new Promise<Ipv4Packet>((resolve) => {
    link.onTcp = resolve;
    guest.machine.receiveFrame(
      gatewayFrame(frame, { mac, address: to.address, protocol: protocol.tcp }),
    );
  });
  expect(read32(packet.payload, 8)).toBe(1001);
  return {
    source: packet.source,
    destination: packet.destination,
    flags: packet.payload[13]!,
  };
}
