import { createSocket } from "node:dgram";
import { once } from "node:events";
import type { Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { DEFAULT_LIMITS } from "../../../relay/limits.ts";
import type { RelayState, WispServer } from "../../../workers/kernel/network/relay/wisp-client.ts";
import { WispClient } from "../../../workers/kernel/network/relay/wisp-client.ts";
import { serverExtensions } from "../../../workers/shared/wisp/extensions.ts";
import {
  decodeWispPacket,
  encodeWispPacket,
  type WispPacket,
} from "../../../workers/shared/wisp/packet.ts";
import {
  listen,
  names,
  openSocket,
  pattern,
  portOf,
  readAll,
  socket,
  startClient,
  startRelay,
  until,
} from "./support.ts";

/** A client that knows packets and nothing else. */
class RawClient {
  readonly packets: WispPacket[] = [];
  readonly socket: WebSocket;
  closed: number | undefined;

  constructor(webSocket: WebSocket) {
    this.socket = webSocket;
    webSocket.on("message", (data: ArrayBuffer) => {
      this.packets.push(decodeWispPacket(new Uint8Array(data)));
    });
    webSocket.on("close", (code) => {
      this.closed = code;
    });
  }

  static async open(url: string, protocols: string[] = []): Promise<RawClient> {
    const webSocket = new WebSocket(url, protocols);
    onTestFinished(() => webSocket.terminate());
    webSocket.binaryType = "arraybuffer";
    const client = new RawClient(webSocket);
    await once(webSocket, "open");
    return client;
  }

  send(packet: WispPacket): void {
    this.socket.send(encodeWispPacket(packet));
  }

  connect(stream: number, port: number, host = "127.0.0.1"): void {
    this.send({ type: "connect", stream, transport: "tcp", port, host });
  }

  /** What has come on a stream. */
  of(stream: number): WispPacket[] {
    return this.packets.filter((packet) => "stream" in packet && packet.stream === stream);
  }

  text(stream: number): string {
    return this.of(stream)
      .map((packet) => (packet.type === "data" ? Buffer.from(packet.bytes).toString() : ""))
      .join("");
  }
}

const echo = () => listen((peer) => peer.pipe(peer));

describe("the relay and other clients", () => {
  test("version 1: CONTINUE comes first, data may follow CONNECT at once, and CLOSE is the end", async () => {
    const relay = await startRelay({ allow: ["127.0.0.1"] });
    let ended = false;
    const port = await listen((peer) => {
      peer.on("data", (piece) => peer.write(`you said ${piece}`));
      peer.on("end", () => {
        ended = true;
      });
    });
    const client = await RawClient.open(relay.wispUrl);
    client.connect(7, port);
    client.send({ type: "data", stream: 7, bytes: Buffer.from("hello") });
    await until(() => client.text(7) === "you said hello");
    expect(client.packets[0]).toEqual({
      type: "continue",
      stream: 0,
      packets: DEFAULT_LIMITS.creditPackets,
    });
    // Packets that version 1 does not know never come.
    expect(client.of(7).every(({ type }) => type === "data")).toBe(true);
    client.send({ type: "close", stream: 7, reason: 2 });
    await until(() => ended);
  });

  test("version 1: what a destination says last comes before CLOSE", async () => {
    const port = await listen((peer) => peer.end("bye"));
    const relay = await startRelay({ allow: ["127.0.0.1"] });
    const client = await RawClient.open(relay.wispUrl);
    client.connect(1, port);
    await until(() => client.of(1).at(-1)?.type === "close");
    expect(client.text(1)).toBe("bye");
    expect(client.of(1).at(-1)).toMatchObject({ reason: 2 });
  });

  test("version 2: INFO comes first, and confirmation is for who asks for it", async () => {
    const relay = await startRelay({ allow: ["127.0.0.1"], motd: "be kind" });
    const port = await echo();
    const client = await RawClient.open(relay.wispUrl, ["wisp-v2"]);
    await until(() => client.packets.length === 2);
    expect(client.packets.map(({ type }) => type)).toEqual(["info", "continue"]);
    expect(client.packets[0]).toMatchObject({ major: 2, minor: 1 });
    const extensions = [{ id: 5, payload: new Uint8Array(0) }];
    client.send({ type: "info", major: 2, minor: 1, extensions });
    client.connect(1, port);
    await until(() => client.of(1).length > 0);
    expect(client.of(1)).toEqual([
      { type: "continue", stream: 1, packets: DEFAULT_LIMITS.creditPackets },
    ]);
  });

  test.each<[string, string, number, number]>([
    ["refused", "127.0.0.1", 1, 0x44],
    ["unknown", "nowhere.example", 80, 0x42],
    ["blocked", "127.0.0.2", 80, 0x48],
    ["senseless", "a b", 80, 0x41],
    ["without a port", "127.0.0.1", 0, 0x41],
  ])("a destination that is %s has that as its reason", async (_what, host, port, reason) => {
    const client = await RawClient.open((await startRelay({ allow: ["127.0.0.1"] })).wispUrl);
    client.connect(1, port, host);
    await until(() => client.of(1).length > 0);
    expect(client.of(1)).toEqual([{ type: "close", stream: 1, reason }]);
  });

  test("streams have a limit, and more are throttled", async () => {
    const relay = await startRelay({ allow: ["127.0.0.1"], limits: { streamsPerConnection: 2 } });
    const port = await echo();
    const client = await RawClient.open(relay.wispUrl);
    for (const id of [1, 2, 3]) client.connect(id, port);
    await until(() => client.of(3).length > 0);
    expect(client.of(3)).toEqual([{ type: "close", stream: 3, reason: 0x49 }]);
    client.send({ type: "close", stream: 1, reason: 2 });
    await until(() => relay.metrics.value("streams") === 1);
    client.connect(4, port);
    client.send({ type: "data", stream: 4, bytes: Buffer.from("x") });
    await until(() => client.text(4) === "x");
  });

  test("who ignores his credit is cut off", async () => {
    const relay = await startRelay({ allow: ["127.0.0.1"], limits: { creditPackets: 8 } });
    let peer: Socket | undefined;
    const port = await listen((connection) => {
      peer = connection.pause();
    });
    const client = await RawClient.open(relay.wispUrl);
    client.connect(1, port);
    await until(() => peer !== undefined);
    const bytes = pattern(64 * 1024);
    // The system's buffers take some before anything waits.
    for (let i = 0; i < 400; i++) client.send({ type: "data", stream: 1, bytes });
    await until(() => client.closed !== undefined);
    expect(client.closed).toBe(1008);
    expect(relay.metrics.value("violations_total")).toBe(1);
    await until(() => relay.metrics.value("buffered_bytes") === 0);
  });

  test.each<[string, Uint8Array | string]>([
    ["a text", "hello"],
    ["nothing", new Uint8Array(0)],
    ["an unknown packet", new Uint8Array([9, 1, 0, 0, 0])],
    ["CONTINUE on stream 0", encodeWispPacket({ type: "continue", stream: 0, packets: 1 })],
    [
      "CONNECT on stream 0",
      encodeWispPacket({ type: "connect", stream: 0, transport: "tcp", port: 1, host: "a" }),
    ],
    ["a message that is too long", new Uint8Array(300 * 1024)],
  ])("%s ends the connection", async (_what, message) => {
    const client = await RawClient.open((await startRelay()).wispUrl);
    client.socket.send(message);
    await until(() => client.closed !== undefined);
    expect([1003, 1008, 1009]).toContain(client.closed);
  });

  test("what does not read is not waited for: its own streams stop, others go on", async () => {
    const relay = await startRelay({ allow: ["127.0.0.1"] });
    const bytes = pattern(8 * 1024 * 1024);
    const port = await listen((peer) => peer.end(bytes));
    const stuck = await RawClient.open(relay.wispUrl);
    stuck.socket.pause();
    for (const id of [1, 2, 3, 4]) stuck.connect(id, port);
    const stream = await startClient(relay).connect("127.0.0.1", port);
    expect((await readAll(stream)).equals(bytes)).toBe(true);
    expect(relay.metrics.value("buffered_bytes")).toBeLessThan(3 * 1024 * 1024);
    // It was made to wait, not let go: when it reads on, all of it comes.
    stuck.socket.resume();
    await until(() => [1, 2, 3, 4].every((id) => stuck.of(id).at(-1)?.type === "close"));
    for (const id of [1, 2, 3, 4]) {
      const pieces = stuck.of(id).map((packet) => (packet.type === "data" ? packet.bytes : []));
      expect(Buffer.concat(pieces.map((piece) => Buffer.from(piece))).equals(bytes)).toBe(true);
    }
  });
});

describe("names", () => {
  test("are looked up once, and what was judged is connected to", async () => {
    const port = await listen((peer) => peer.end("inner"));
    let lookups = 0;
    const relay = await startRelay({
      // A public address first, then this computer: the second answer must never count.
      resolve: async () => (lookups++ === 0 ? ["192.0.2.1"] : ["127.0.0.1"]),
    });
    const client = startClient(relay);
    await expect(client.connect("rebind.example", port)).rejects.toMatchObject({ code: "EACCES" });
    expect(lookups).toBe(1);
  });

  test("with private addresses among others lead to the others only", async () => {
    const port = await listen((peer) => peer.end("allowed"));
    let other = 0;
    await listen(() => other++);
    const relay = await startRelay({
      allow: [`127.0.0.1:${port}`],
      resolve: names({
        "mixed.example": ["127.0.0.3", "::1", "10.0.0.1", "127.0.0.1"],
        "bad.example": ["127.0.0.3", "::ffff:127.0.0.2", "169.254.169.254"],
      }),
    });
    const client = startClient(relay);
    expect((await readAll(await client.connect("mixed.example", port))).toString()).toBe("allowed");
    await expect(client.connect("bad.example", port)).rejects.toMatchObject({ code: "EACCES" });
    expect(other).toBe(0);
  });
});

test("what the operator forwards is found at the address of his choice, by TCP and UDP", async () => {
  const web = await listen((peer) => peer.end("inner"));
  const udp = createSocket("udp4", (message, from) => udp.send(`${message}!`, from.port));
  onTestFinished(() => void udp.close());
  await new Promise<void>((bound) => udp.bind(0, "127.0.0.1", bound));
  const relay = await startRelay({
    forward: [`10.0.0.1:80=127.0.0.1:${web}`, `10.0.0.1:53=127.0.0.1:${udp.address().port}`],
  });
  const client = startClient(relay);
  expect((await readAll(await client.connect("10.0.0.1", 80))).toString()).toBe("inner");
  for (const [host, port] of [
    ["127.0.0.1", web],
    ["10.0.0.1", 81],
  ] as const) {
    await expect(client.connect(host, port)).rejects.toMatchObject({ code: "EACCES" });
  }
  const datagrams = client.openUdp("10.0.0.1", 53);
  datagrams.send(Buffer.from("ping"));
  const answer = await new Promise<Uint8Array>((resolve) => {
    datagrams.onMessage = resolve;
  });
  expect(Buffer.from(answer).toString()).toBe("ping!");
});

describe("the client and other servers", () => {
  /** A WISP server that answers by itself: an echo, without flow control or confirmation. */
  async function otherServer(version: 1 | 2, wantsProtocol: boolean): Promise<string> {
    const server = new WebSocketServer({
      port: 0,
      host: "127.0.0.1",
      handleProtocols: () => (wantsProtocol ? "wisp-v2" : false),
    });
    onTestFinished(() => {
      for (const client of server.clients) client.terminate();
      server.close();
    });
    server.on("connection", (webSocket) => {
      const send = (packet: WispPacket) => webSocket.send(encodeWispPacket(packet));
      let received = 0;
      const sizes = new Map<number, number>();
      webSocket.on("message", (data: Buffer) => {
        const packet = decodeWispPacket(data);
        if (packet.type === "info") send({ type: "continue", stream: 0, packets: 4 });
        if (packet.type === "connect" && packet.host === "refused.example") {
          send({ type: "close", stream: packet.stream, reason: 0x44 });
        }
        if (packet.type === "data") {
          send(packet);
          received = (sizes.get(packet.stream) ?? 0) + 1;
          sizes.set(packet.stream, received);
          if (received % 4 === 0) send({ type: "continue", stream: packet.stream, packets: 4 });
          if (packet.bytes.at(-1) === 0xff)
            send({ type: "close", stream: packet.stream, reason: 2 });
        }
      });
      // Some send CONTINUE only after the client's INFO.
      if (version === 1) send({ type: "continue", stream: 0, packets: 4 });
      else {
        const offer = { udp: true, openConfirmation: false, streamControl: false, motd: "hi" };
        send({ type: "info", major: 2, minor: 0, extensions: serverExtensions(offer) });
      }
    });
    await once(server, "listening");
    return `ws://127.0.0.1:${(server.address() as { port: number }).port}/`;
  }

  test.each([
    ["of version 1, which refuse subprotocols", 1, false],
    ["of version 1, which take any", 1, true],
    ["of version 2", 2, true],
  ] as const)("%s", async (_what, version, wantsProtocol) => {
    const states: RelayState<WispServer>[] = [];
    const client = new WispClient({
      url: await otherServer(version, wantsProtocol),
      socket,
      onState: (state) => states.push(state),
    });
    onTestFinished(() => client.close());
    const bytes = pattern(1024 * 1024);
    bytes[bytes.length - 1] = 0xff;
    const stream = await client.connect("echo.example", 7);
    const [heard] = await Promise.all([readAll(stream), stream.write(bytes)]);
    expect(heard.equals(bytes)).toBe(true);
    expect(states.at(-1)).toMatchObject({ state: "online", server: { version } });
    const refused = await client.connect("refused.example", 7);
    await expect(refused.read()).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  test("that have no brake are stopped when nobody reads", async () => {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    onTestFinished(() => {
      for (const client of server.clients) client.terminate();
      server.close();
    });
    let reason: number | undefined;
    server.on("connection", (webSocket) => {
      const send = (packet: WispPacket) => webSocket.send(encodeWispPacket(packet));
      send({ type: "continue", stream: 0, packets: 4 });
      webSocket.on("message", (data: Buffer) => {
        const packet = decodeWispPacket(data);
        if (packet.type === "close") reason = packet.reason;
        if (packet.type !== "connect") return;
        const bytes = new Uint8Array(128 * 1024);
        for (let i = 0; i < 300; i++) send({ type: "data", stream: packet.stream, bytes });
      });
    });
    await once(server, "listening");
    const url = `ws://127.0.0.1:${(server.address() as { port: number }).port}/`;
    const client = new WispClient({ url, socket });
    onTestFinished(() => client.close());
    const stream = await client.connect("flood.example", 80);
    await until(() => reason !== undefined);
    expect(reason).toBe(0x81);
    await expect(readAll(stream)).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  test("that end in the middle are tried again, and streams break", async () => {
    const states: string[] = [];
    const port = await listen((peer) => peer.resume());
    const relay = await startRelay({ allow: ["127.0.0.1"] });
    const client = startClient(relay, { onState: ({ state }) => states.push(state) });
    const stream = await client.connect("127.0.0.1", port);
    const reading = stream.read();
    relay.terminate();
    await expect(reading).rejects.toMatchObject({ code: "ECONNRESET" });
    await expect(client.connect("127.0.0.1", port)).rejects.toMatchObject({ code: "ENETUNREACH" });
    await until(() => states.at(-1) === "online");
    expect(states).toEqual(["connecting", "online", "offline", "connecting", "online"]);
    await client.connect("127.0.0.1", port);
  });

  test("that are not there are no network", async () => {
    const server = await import("node:net").then(({ createServer }) => createServer());
    const port = await portOf(server);
    server.close();
    await once(server, "close");
    const client = new WispClient({ url: `ws://127.0.0.1:${port}/`, socket });
    onTestFinished(() => client.close());
    await expect(client.connect("example.org", 80)).rejects.toMatchObject({ code: "ENETUNREACH" });
    const datagrams = client.openUdp("example.org", 53);
    const error = await new Promise((resolve) => {
      datagrams.onClose = resolve;
    });
    expect(error).toMatchObject({ code: "ENETUNREACH" });
    expect(client.state.state).toBe("offline");
  });

  test("that speak nonsense are left", async () => {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    onTestFinished(() => void server.close());
    server.on("connection", (webSocket) => webSocket.send("hello"));
    await once(server, "listening");
    const url = `ws://127.0.0.1:${(server.address() as { port: number }).port}/`;
    const client = new WispClient({ url, socket });
    onTestFinished(() => client.close());
    await expect(client.connect("example.org", 80)).rejects.toThrow("keep to the protocol");
  });
});

test("bytes that are no WebSocket's end a connection and not the relay", async () => {
  const relay = await startRelay();
  for (const [url, protocols] of [
    [relay.wispUrl, []],
    [relay.ingressUrl, ["tabnix-ingress-1"]],
  ] as const) {
    const webSocket = await openSocket(url, [...protocols]);
    // A frame that is not masked and has reserved bits. `ws` has no public way to the socket beneath.
    const beneath = (webSocket as unknown as { _socket: Socket })._socket;
    beneath.write(Buffer.from([0xff, 0x7f, 0xff]));
    await once(webSocket, "close");
  }
  await openSocket(relay.wispUrl);
});

test("a socket that never says INFO is closed", async () => {
  const relay = await startRelay({ limits: { handshakeMs: 50, sweepMs: 20 } });
  const webSocket = await openSocket(relay.wispUrl, ["wisp-v2"]);
  const [code] = await once(webSocket, "close");
  expect(code).toBe(1008);
});
