import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { signToken } from "../../../relay/access/token.ts";
import { DEFAULT_LIMITS } from "../../../relay/limits.ts";
import { Outlet } from "../../../relay/outlet.ts";
import { encodeWispPacket } from "../../../workers/shared/wisp/packet.ts";
import { listen, openSocket, pattern, readAll, startClient, startRelay, until } from "./support.ts";

const MIB = 1024 * 1024;
const ENEMIES = 1000;

test(`${ENEMIES} clients with bad tokens, slow readers and abandoned streams do not touch a good one`, async () => {
  const secret = Buffer.from("a secret that has thirty-two bytes or more");
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const token = (sub: string) => signToken({ exp, scope: ["egress"], sub }, secret);
  const relay = await startRelay({
    secret,
    allow: ["127.0.0.1"],
    limits: { connectionsPerAddress: 200, connectionsPerToken: 40 },
  });
  const bytes = pattern(16 * MIB);
  const sink = await listen((peer) => peer.pipe(peer));
  const source = await listen((peer) => peer.end(bytes));
  const silent: Socket[] = [];
  const port = await listen((peer) => silent.push(peer.pause()));
  const good = await startClient(relay, { token: token("anna") }).connect("127.0.0.1", sink);
  const before = process.memoryUsage().rss;

  const transfer = Promise.all([
    readAll(good),
    (async () => {
      for (let i = 0; i < 4; i++) await good.write(bytes.subarray(i * 4 * MIB, (i + 1) * 4 * MIB));
      good.end();
    })(),
  ]);
  // Slow readers: each has asked for 16 MB four times, and takes nothing.
  for (let i = 0; i < 30; i++) {
    const slow = await openSocket(relay.wispUrl, ["wisp-v2", `tabnix.token.${token("slow")}`]);
    slow.pause();
    for (let id = 1; id <= 4; id++) slow.send(connectPacket(id, source));
  }
  // Half-open: destinations that never answer, and connections that never finish their request.
  for (let i = 0; i < 30; i++) {
    const half = await openSocket(relay.wispUrl, ["wisp-v2", `tabnix.token.${token("half")}`]);
    for (let id = 1; id <= 8; id++) {
      half.send(connectPacket(id, port));
      half.send(
        encodeWispPacket({ type: "data", stream: id, bytes: bytes.subarray(0, 64 * 1024) }),
      );
    }
    const unfinished = connect({ port: relay.port, host: "127.0.0.1" });
    unfinished.on("error", () => {});
    unfinished.write("GET /wisp/ HTTP/1.1\r\nHost: x\r\n");
    onTestFinished(() => void unfinished.destroy());
  }
  let refused = 0;
  for (let i = 0; i < ENEMIES; i++) {
    const bad = new WebSocket(relay.wispUrl, [
      "wisp-v2",
      `tabnix.token.${token("evil").slice(0, -3)}AAA`,
    ]);
    bad.on("error", () => {
      refused++;
    });
  }
  await until(() => refused === ENEMIES);
  const [echo] = await transfer;
  expect(echo.equals(bytes)).toBe(true);
  expect(relay.metrics.value("upgrades_total", 'result="401"')).toBe(ENEMIES);
  // 30 slow readers with a full socket each, and nothing for anybody else.
  expect(relay.metrics.value("buffered_bytes")).toBeLessThan(60 * MIB);
  expect(process.memoryUsage().rss - before).toBeLessThan(400 * MIB);
});

test("a client that does not take what is sent at once, like answers, is cut off", async () => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  onTestFinished(() => void server.close());
  const accepted = once(server, "connection");
  await once(server, "listening");
  const client = await openSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  client.pause();
  const [peer] = (await accepted) as [WebSocket];
  const outlet = new Outlet(peer, DEFAULT_LIMITS);
  const message = new Uint8Array(64 * 1024);
  let sent = 0;
  while (peer.readyState === WebSocket.OPEN && sent < 64 * MIB) {
    outlet.now(message);
    sent += message.length;
  }
  expect(peer.readyState).not.toBe(WebSocket.OPEN);
});

test("a client that is silent for too long, and one that has gone without a word, are let go", async () => {
  const relay = await startRelay({ limits: { sweepMs: 30 } });
  const client = await openSocket(relay.wispUrl);
  // It does not read, so it does not answer pings.
  client.pause();
  await until(() => relay.metrics.value("connections") === 0);
});

test("a destination that takes nothing does not stop the others for good", async () => {
  const relay = await startRelay({
    allow: ["127.0.0.1"],
    limits: { connectionBytes: MIB / 64, sweepMs: 200 },
  });
  const stuck = await listen((peer) => peer.pause());
  const echo = await listen((peer) => peer.pipe(peer));
  const client = startClient(relay);
  const other = await client.connect("127.0.0.1", echo);
  const failures = Array.from({ length: 4 }, async () => {
    const stream = await client.connect("127.0.0.1", stuck);
    // The system takes some of it, credit the rest, and then nobody.
    return await stream.write(pattern(16 * MIB)).catch((error) => error.code);
  });
  expect(await Promise.race(failures)).toBe("ETIMEDOUT");
  await other.write(Buffer.from("still here"));
  other.end();
  expect((await readAll(other)).toString()).toBe("still here");
});

test("a token's rate is kept", async () => {
  const rate = 2 * MIB;
  const relay = await startRelay({
    allow: ["127.0.0.1"],
    limits: { bytesPerSecond: rate, burstBytes: MIB },
  });
  const bytes = pattern(3 * MIB);
  const port = await listen((peer) => peer.end(bytes));
  const stream = await startClient(relay).connect("127.0.0.1", port);
  const start = performance.now();
  expect((await readAll(stream)).equals(bytes)).toBe(true);
  // 1 MiB at once, two more at 2 MiB a second; what is read last is not waited for.
  expect(performance.now() - start).toBeGreaterThan(900);
});

test("idle streams end", async () => {
  const relay = await startRelay({ allow: ["127.0.0.1"], limits: { tcpIdleMs: 50, sweepMs: 20 } });
  const port = await listen((peer) => peer.resume());
  const stream = await startClient(relay).connect("127.0.0.1", port);
  await expect(stream.read()).rejects.toMatchObject({ code: "ETIMEDOUT" });
});

function connectPacket(stream: number, port: number, host = "127.0.0.1") {
  return encodeWispPacket({ type: "connect", stream, transport: "tcp", port, host });
}
