/** What the specification asks of single segments: refusals, resets, what is forged, who is gone. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseIpv4 as address } from "../../../workers/kernel/network/link/addresses.ts";
import { writeEthernet } from "../../../workers/kernel/network/link/ethernet.ts";
import { Gateway } from "../../../workers/kernel/network/link/gateway.ts";
import { parseIpv4, protocol, writeIpv4 } from "../../../workers/kernel/network/link/ipv4.ts";
import {
  encodeSegment,
  flag,
  parseSegment,
  type Segment,
  type SegmentHeader,
} from "../../../workers/kernel/network/tcp/segment.ts";
import type { NetworkErrorCode } from "../../../workers/shared/byte-stream.ts";
import { connect, FAITHFUL, makeLink, ONE, OTHER } from "./support/link.ts";
import { VirtualClock } from "./support/virtual-clock.ts";

function segmentsOf(frames: readonly Uint8Array[]): Segment[] {
  return frames.flatMap((frame) => {
    const packet = parseIpv4(frame);
    const segment = packet?.protocol === protocol.tcp && parseSegment(packet);
    return segment ? [segment] : [];
  });
}

/** Of ICMP messages "destination unreachable", their codes. */
function unreachableCodes(frames: readonly Uint8Array[]): number[] {
  return frames.flatMap((frame) => {
    const packet = parseIpv4(frame);
    return packet?.protocol === protocol.icmp && packet.payload[0] === 3
      ? [packet.payload[1]!]
      : [];
  });
}

/** A segment from one host to the other, as somebody else could have made it. */
function forge(header: Partial<SegmentHeader>, from = OTHER, to = ONE): Uint8Array {
  const frame = encodeSegment(
    {
      sourcePort: 80,
      destinationPort: 1,
      sequence: 0,
      acknowledgement: 0,
      flags: flag.ack,
      window: 1000,
      ...header,
    },
    { source: from, destination: to },
  );
  writeIpv4(frame, { source: from, destination: to, protocol: protocol.tcp });
  writeEthernet(frame, { source: 2, destination: to === ONE ? 1 : 2, type: 0x0800 });
  return frame;
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => "nothing",
    (error) => error.code,
  );

describe("a connection that is refused", () => {
  const codes: [NetworkErrorCode, number[]][] = [
    ["ECONNREFUSED", []],
    ["ENETUNREACH", [0]],
    ["EHOSTUNREACH", [1]],
    ["ETIMEDOUT", [1]],
    ["EACCES", [13]],
  ];
  it.each(codes)("tells the peer of %s", async (code, icmp) => {
    const clock = new VirtualClock();
    const link = makeLink(clock);
    link.other.onIncoming = (incoming) => incoming.refuse(code);
    const opening = link.one.gateway.tcp.connect({ source: ONE, destination: OTHER, port: 1 });
    const told = await clock.until(failure(opening));
    expect(unreachableCodes(link.frames)[0]).toBe(icmp[0]);
    // The gateway itself does not read ICMP: only RST tells it.
    expect(told).toBe(icmp.length === 0 ? "ECONNREFUSED" : "ETIMEDOUT");
  });

  it("waits as long as nobody has answered, and asks once", async () => {
    const clock = new VirtualClock();
    const link = makeLink(clock);
    const asked: (() => void)[] = [];
    link.other.onIncoming = (incoming) => {
      asked.push(() => void incoming.accept());
    };
    const opening = link.one.gateway.tcp.connect({ source: ONE, destination: OTHER, port: 1 });
    await clock.pass(5000);
    expect(asked.length).toBe(1);
    asked[0]!();
    expect((await clock.until(opening)).state).toBe("ESTABLISHED");
  });

  it("is told when the peer has given up", async () => {
    const clock = new VirtualClock();
    const link = makeLink(clock);
    const signals: AbortSignal[] = [];
    link.other.onIncoming = ({ signal }) => signals.push(signal);
    const controller = new AbortController();
    const opening = link.one.gateway.tcp.connect({
      source: ONE,
      destination: OTHER,
      port: 1,
      signal: controller.signal,
    });
    const told = failure(opening);
    await clock.pass(100);
    controller.abort();
    await clock.pass(100);
    expect([await told, signals[0]?.aborted]).toEqual(["ECONNABORTED", true]);
  });

  it("is EHOSTUNREACH where nobody has the address, ETIMEDOUT where nobody answers", async () => {
    const clock = new VirtualClock();
    const silent = makeLink(clock, { fate: () => ({ delays: [] }) });
    const { tcp } = silent.one.gateway;
    const nobody = tcp.connect({ source: ONE, destination: OTHER, port: 1 });
    expect(await clock.until(failure(nobody))).toBe("EHOSTUNREACH");
    const deaf = makeLink(clock);
    deaf.other.onIncoming = () => {};
    const opening = deaf.one.gateway.tcp.connect({ source: ONE, destination: OTHER, port: 1 });
    expect(await clock.until(failure(opening))).toBe("ETIMEDOUT");
    expect([tcp.size, deaf.one.gateway.tcp.size]).toEqual([0, 0]);
  });
});

describe("an open connection", () => {
  it("gives what had come, then fails, when the peer breaks it", async () => {
    const clock = new VirtualClock();
    const { client, server } = await connect(clock, makeLink(clock));
    await clock.until(server.write(Uint8Array.of(1, 2, 3)));
    await clock.pass(50);
    server.abort();
    await clock.pass(50);
    expect(await client.read()).toEqual(Uint8Array.of(1, 2, 3));
    expect(await failure(client.read())).toBe("ECONNRESET");
    expect(await failure(client.write(Uint8Array.of(1)))).toBe("ECONNRESET");
    expect(await failure(server.read())).toBe("ECONNABORTED");
  });

  it("refuses to write after its end", async () => {
    const clock = new VirtualClock();
    const { client } = await connect(clock, makeLink(clock));
    client.end();
    expect(await failure(client.write(Uint8Array.of(1)))).toBe("EPIPE");
  });

  it("believes no forged RST, SYN or acknowledgement", async () => {
    const clock = new VirtualClock();
    const link = makeLink(clock);
    const { client, server } = await connect(clock, link);
    const [syn, answer] = segmentsOf(link.frames);
    const ports = { sourcePort: 80, destinationPort: syn!.sourcePort };
    const next = answer!.sequence + 1;
    const forged: Partial<SegmentHeader>[] = [
      { flags: flag.rst, sequence: next + 1 },
      { flags: flag.rst, sequence: next - 1 },
      { flags: flag.rst | flag.ack, sequence: next + 20_000 },
      { flags: flag.syn, sequence: next },
      { flags: flag.syn, sequence: next + 1000 },
      { flags: flag.ack, sequence: next, acknowledgement: syn!.sequence + 5000 },
      { flags: flag.fin, sequence: next },
      { flags: 0, sequence: next },
    ];
    for (const header of forged) {
      link.one.gateway.receive(forge({ ...header, ...ports }));
      await clock.pass(5);
      expect([header, client.state, server.state]).toEqual([header, "ESTABLISHED", "ESTABLISHED"]);
    }
    // The right number is believed.
    link.one.gateway.receive(forge({ ...ports, flags: flag.rst, sequence: next }));
    expect(client.state).toBe("CLOSED");
  });

  it("notices a peer that has gone, whether it writes or not", async () => {
    const clock = new VirtualClock();
    let isCut = false;
    const link = makeLink(clock, { fate: () => (isCut ? { delays: [] } : FAITHFUL) });
    const { client, server } = await connect(clock, link);
    isCut = true;
    await client.write(Uint8Array.of(1));
    const told = [failure(client.read()), failure(server.read())];
    expect(await clock.until(Promise.all(told))).toEqual(["ETIMEDOUT", "ETIMEDOUT"]);
    expect([link.one.gateway.tcp.size, link.other.gateway.tcp.size]).toEqual([0, 0]);
  });

  it("stays for hours when both are there and say nothing", async () => {
    const clock = new VirtualClock();
    const { client, server } = await connect(clock, makeLink(clock));
    await clock.pass(4 * 3600_000);
    expect([client.state, server.state]).toEqual(["ESTABLISHED", "ESTABLISHED"]);
  });

  it("goes on when the peer's window was closed and the news of its opening was lost", async () => {
    const clock = new VirtualClock();
    let isCut = false;
    const link = makeLink(clock, { fate: () => (isCut ? { delays: [] } : FAITHFUL) });
    const { client, server } = await connect(clock, link);
    const written = client.write(new Uint8Array(1_000_000));
    await clock.pass(10_000);
    isCut = true;
    let read = 0;
    while (server.held > 0) read += (await server.read())!.length;
    await clock.pass(1000);
    isCut = false;
    while (read < 1_000_000) read += (await clock.until(server.read()))!.length;
    await clock.until(written);
    expect(read).toBe(1_000_000);
  });

  it("fails when the machine is gone", async () => {
    const clock = new VirtualClock();
    const link = makeLink(clock);
    const { client } = await connect(clock, link);
    link.one.gateway.reset();
    expect([await failure(client.read()), client.state]).toEqual(["ECONNRESET", "CLOSED"]);
  });
});

describe("the endpoint", () => {
  it("answers what belongs to nobody with RST (RFC 9293, 3.10.7.1)", async () => {
    const clock = new VirtualClock();
    const link = makeLink(clock);
    link.other.gateway.receive(
      forge({ flags: flag.ack, sequence: 5, acknowledgement: 77 }, ONE, OTHER),
    );
    link.other.gateway.receive(forge({ flags: flag.rst, sequence: 5 }, ONE, OTHER));
    await clock.rest();
    const answers = segmentsOf(link.frames).map(({ flags, sequence }) => ({ flags, sequence }));
    expect(answers).toEqual([{ flags: flag.rst, sequence: 77 }]);
  });

  it("lets a new connection follow one on the same ports at once", async () => {
    const clock = new VirtualClock();
    const link = makeLink(clock);
    const ports = { sourcePort: 4000, destinationPort: 80 };
    const open = (sequence: number) => {
      link.other.gateway.receive(forge({ ...ports, flags: flag.syn, sequence }, ONE, OTHER));
      const server = link.other.accepted.at(-1)!;
      const answer = segmentsOf(link.frames).at(-1)!;
      return { server, acknowledgement: answer.sequence + 1 };
    };
    link.other.gateway.receive(forge({}, ONE, OTHER));
    await clock.pass(10);
    const { server, acknowledgement } = open(100);
    const say = (header: Partial<SegmentHeader>) =>
      link.other.gateway.receive(forge({ ...ports, acknowledgement, ...header }, ONE, OTHER));
    await clock.pass(5);
    say({ sequence: 101 });
    server.end();
    await clock.pass(5);
    say({ sequence: 101, acknowledgement: acknowledgement + 1, flags: flag.ack | flag.fin });
    expect(server.state).toBe("TIME-WAIT");
    open(90);
    expect(link.other.accepted.length).toBe(1);
    expect(open(5000).server.state).toBe("SYN-RECEIVED");
    expect([link.other.accepted.length, server.state]).toEqual([2, "CLOSED"]);
  });

  it("bounds what waits to be accepted", async () => {
    const clock = new VirtualClock();
    const link = makeLink(clock);
    let asked = 0;
    link.other.onIncoming = () => {
      asked++;
    };
    for (let port = 1; port <= 2000; port++) {
      link.other.gateway.receive(forge({ sourcePort: port, flags: flag.syn }, ONE, OTHER));
    }
    expect(asked).toBe(256);
  });
});

describe("frames of any kind", () => {
  const mutated = fc
    .record({
      header: fc.record({
        sourcePort: fc.nat(3),
        destinationPort: fc.nat(3),
        sequence: fc.oneof(fc.nat(5), fc.integer({ min: 0, max: 0xffff_ffff })),
        acknowledgement: fc.integer({ min: 0, max: 0xffff_ffff }),
        flags: fc.nat(63),
        window: fc.nat(0xffff),
      }),
      changes: fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 3 }),
      cut: fc.nat(60),
    })
    .map(({ header, changes, cut }) => {
      const frame = forge(header);
      for (const [at, value] of changes) if (at < frame.length) frame[at] = value;
      return cut % 5 === 0 ? frame.subarray(0, cut) : frame;
    });
  const anything = fc.oneof(mutated, fc.uint8Array({ maxLength: 2000 }));

  it("never throw, and never keep more than the bounds", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anything, { maxLength: 60 }), async (frames) => {
        const clock = new VirtualClock();
        const sent: Uint8Array[] = [];
        const gateway = new Gateway({
          address: ONE,
          mask: 0xffff_0000,
          mac: 1,
          mtu: 1500,
          clock,
          transmit: (frame) => sent.push(frame),
          guest: () => address("10.86.0.9")!,
          onIncoming: (incoming) =>
            incoming.destinationPort % 2 ? incoming.accept() : incoming.refuse("ECONNREFUSED"),
          onDatagram: () => {},
        });
        for (const frame of frames) {
          gateway.receive(frame);
          await clock.pass(1);
        }
        expect(gateway.tcp.size).toBeLessThanOrEqual(frames.length);
        gateway.reset();
        await clock.rest();
        expect([gateway.tcp.size, clock.pending]).toEqual([0, 0]);
      }),
      { numRuns: 300 },
    );
  });
});
