/** Bytes over links that are good and bad: what is written is read, and both ends know when it is over. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ByteStream } from "../../../workers/shared/byte-stream.ts";
import { connect, FAITHFUL, type Fate, makeLink } from "./support/link.ts";
import { VirtualClock } from "./support/virtual-clock.ts";

/** Bytes that tell where they belong. */
function pattern(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8) * 7 + seed) & 255);
}

/** Writes in pieces of these sizes, which come round again. */
async function writeAll(stream: ByteStream, bytes: Uint8Array, sizes: number[]): Promise<void> {
  let at = 0;
  for (let round = 0; at < bytes.length; round++) {
    const size = sizes[round % sizes.length]!;
    await stream.write(bytes.slice(at, at + size));
    at += size;
  }
  stream.end();
}

async function readAll(stream: ByteStream): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (;;) {
    const bytes = await stream.read();
    if (!bytes) break;
    parts.push(bytes);
  }
  return Buffer.concat(parts);
}

/** Sizes of writes: many of a byte would only take long. */
const pieces = fc.array(
  fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20_000 })),
  { maxLength: 12 },
);
const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);

const fates: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 16, arbitrary: fc.constant(FAITHFUL) },
  { weight: 2, arbitrary: fc.constant<Fate>({ delays: [] }) },
  { weight: 1, arbitrary: fc.constant<Fate>({ delays: [1, 1] }) },
  { weight: 1, arbitrary: fc.constant<Fate>({ delays: [2, 30] }) },
  { weight: 2, arbitrary: fc.integer({ min: 2, max: 40 }).map((delay) => ({ delays: [delay] })) },
  {
    weight: 1,
    arbitrary: fc.record({
      delays: fc.constant<number[]>([1]),
      damage: fc.record({ at: fc.nat(2000), xor: fc.integer({ min: 1, max: 255 }) }),
    }),
  },
);

describe("a transfer", () => {
  it("arrives both ways over a link that loses, repeats, delays and damages frames", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fates, { minLength: 5, maxLength: 60 }),
        fc.record({ up: pieces, down: pieces }),
        fc.constantFrom(576, 1500, 9000),
        async (script, sizes, mtu) => {
          const clock = new VirtualClock();
          let frame = 0;
          let isOpen = false;
          // Eight retransmissions without an answer are the end of a connection, so at most three frames are lost,
          // of both hosts together, until one of each has arrived again.
          let lost = 0;
          const heard = new Set<number>();
          const fate = (bytes: Uint8Array) => {
            if (!isOpen) return FAITHFUL;
            const chosen = script[frame++ % script.length]!;
            const arrives = chosen.delays.length > 0 && !chosen.damage;
            if (!arrives && lost < 3) {
              lost += 1;
              heard.clear();
              return chosen;
            }
            if (heard.add(bytes[11]!).size === 2) lost = 0;
            return arrives ? chosen : FAITHFUL;
          };
          const link = makeLink(clock, { mtu, fate });
          const { client, server } = await connect(clock, link);
          isOpen = true;
          const up = pattern(sum(sizes.up), 1);
          const down = pattern(sum(sizes.down), 2);
          const [, , atServer, atClient] = await clock.until(
            Promise.all([
              writeAll(client, up, sizes.up),
              writeAll(server, down, sizes.down),
              readAll(server),
              readAll(client),
            ]),
          );
          expect(Buffer.compare(atServer, up)).toBe(0);
          expect(Buffer.compare(atClient, down)).toBe(0);
          await clock.rest();
          expect([client.state, server.state]).toEqual(["CLOSED", "CLOSED"]);
          expect([link.one.gateway.tcp.size, link.other.gateway.tcp.size]).toEqual([0, 0]);
          expect([link.one.gateway.tcp.held, link.other.gateway.tcp.held]).toEqual([0, 0]);
        },
      ),
      { numRuns: 150 },
    );
  }, 120_000);

  it.each([[[2]], [[3]], [[4]], [[2, 3]], [[3, 5]], [[2, 3, 4]]])(
    "begins although frames %j of the handshake are lost",
    async (lost) => {
      const clock = new VirtualClock();
      let frame = 0;
      const link = makeLink(clock, {
        fate: () => (lost.includes(frame++) ? { delays: [] } : FAITHFUL),
      });
      const { client, server } = await connect(clock, link);
      const bytes = pattern(10_000, 6);
      const both = [writeAll(client, bytes, [4000]), writeAll(server, bytes, [4000])];
      const [atServer, atClient] = await clock.until(
        Promise.all([readAll(server), readAll(client), ...both]),
      );
      expect([Buffer.compare(atServer, bytes), Buffer.compare(atClient, bytes)]).toEqual([0, 0]);
    },
  );

  it("sends no byte twice over a good link, and no more segments than are needed", async () => {
    const clock = new VirtualClock();
    const link = makeLink(clock, { mtu: 9000 });
    const { client, server } = await connect(clock, link);
    const bytes = pattern(2_000_000, 3);
    const before = link.frames.length;
    const [, read] = await clock.until(
      Promise.all([writeAll(client, bytes, [100_000]), readAll(server)]),
    );
    expect(Buffer.compare(read, bytes)).toBe(0);
    const sent = link.frames.slice(before).reduce((sum, frame) => sum + frame.length, 0);
    const segments = Math.ceil(bytes.length / 8960);
    // Headers of each, and an acknowledgement for every other.
    expect(sent).toBeLessThan(bytes.length + segments * 54 * 2.5);
    expect(link.frames.length - before).toBeLessThan(segments * 2.1);
  });

  it("goes on while the other half is ended", async () => {
    const clock = new VirtualClock();
    const { client, server } = await connect(clock, makeLink(clock));
    client.end();
    expect(await clock.until(server.read())).toBe(undefined);
    await clock.pass(100);
    expect([client.state, server.state]).toEqual(["FIN-WAIT-2", "CLOSE-WAIT"]);
    const bytes = pattern(50_000, 4);
    const [, read] = await clock.until(
      Promise.all([writeAll(server, bytes, [7000]), readAll(client)]),
    );
    expect(Buffer.compare(read, bytes)).toBe(0);
    await clock.rest();
    expect([client.state, server.state]).toEqual(["CLOSED", "CLOSED"]);
  });

  it("stops when nobody reads, holds no more than its bounds, and goes on afterwards", async () => {
    const clock = new VirtualClock();
    const link = makeLink(clock, { mtu: 9000 });
    const { client, server } = await connect(clock, link);
    const bytes = pattern(3_000_000, 5);
    const written = writeAll(client, bytes, [50_000]);
    await clock.pass(60_000);
    expect(server.held).toBeLessThanOrEqual(512 * 1024);
    expect(client.held).toBeLessThanOrEqual(256 * 1024);
    expect(server.state).toBe("ESTABLISHED");
    const [, read] = await clock.until(Promise.all([written, readAll(server)]));
    expect(Buffer.compare(read, bytes)).toBe(0);
  });

  it("holds little more than its bytes when they come one by one", async () => {
    const clock = new VirtualClock();
    const { client, server } = await connect(clock, makeLink(clock));
    for (let at = 0; at < 3000; at++) await clock.until(client.write(Uint8Array.of(at)));
    await clock.pass(1000);
    const chunks: Uint8Array[] = [];
    while (server.held > 0) chunks.push((await server.read())!);
    expect(chunks.length).toBe(1);
    expect(
      Buffer.compare(
        chunks[0]!,
        Uint8Array.from({ length: 3000 }, (_, at) => at),
      ),
    ).toBe(0);
  });

  it("serves five hundred connections at once", async () => {
    const clock = new VirtualClock();
    const link = makeLink(clock, { mtu: 9000 });
    link.other.onIncoming = (incoming) => {
      const stream = incoming.accept();
      void (async () => {
        for (let bytes = await stream.read(); bytes; bytes = await stream.read()) {
          await stream.write(bytes);
        }
        stream.end();
      })();
    };
    const echoes = Array.from({ length: 500 }, async (_, seed) => {
      const { one, other } = link;
      const stream = await one.gateway.tcp.connect({
        source: one.address,
        destination: other.address,
        port: 7,
      });
      const bytes = pattern(5000, seed);
      const [, read] = await Promise.all([writeAll(stream, bytes, [999]), readAll(stream)]);
      return Buffer.compare(read, bytes);
    });
    const results = await clock.until(Promise.all(echoes));
    expect(results).toEqual(results.map(() => 0));
    await clock.rest();
    expect([link.one.gateway.tcp.size, link.other.gateway.tcp.size]).toEqual([0, 0]);
  });
});
