import { createSocket } from "node:dgram";
import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  listen,
  names,
  pattern,
  readAll,
  settled,
  startClient,
  startRelay,
  until,
} from "./support.ts";

const MIB = 1024 * 1024;

describe("TCP", () => {
  test("bytes arrive exactly, both ways at once, and each half ends by itself", async () => {
    const bytes = pattern(8 * MIB);
    const port = await listen((peer) => peer.pipe(peer));
    const client = startClient(await startRelay({ allow: ["127.0.0.1"] }));
    const stream = await client.connect("127.0.0.1", port);
    const [echo] = await Promise.all([
      readAll(stream),
      stream.write(bytes).then(() => stream.end()),
    ]);
    expect(echo.equals(bytes)).toBe(true);
  });

  test("a peer that ends first still hears the rest", async () => {
    let heard = "";
    const port = await listen((peer) => {
      peer.end("bye");
      peer.on("data", (piece) => {
        heard += piece;
      });
    });
    const client = startClient(await startRelay({ allow: ["127.0.0.1"] }));
    const stream = await client.connect("127.0.0.1", port);
    expect((await readAll(stream)).toString()).toBe("bye");
    await stream.write(Buffer.from("and "));
    await stream.write(Buffer.from("you"));
    stream.end();
    await until(() => heard === "and you");
  });

  test("a reader who waits makes the source wait, and gets everything in the end", async () => {
    const bytes = pattern(24 * MIB);
    let source: Socket | undefined;
    const port = await listen((peer) => {
      source = peer;
      peer.end(bytes);
    });
    const relay = await startRelay({ allow: ["127.0.0.1"] });
    const stream = await startClient(relay).connect("127.0.0.1", port);
    // Nothing moves any more once every buffer is full.
    await settled(() => relay.metrics.value("bytes_total", 'direction="in"'));
    expect(relay.metrics.value("bytes_total", 'direction="in"')).toBeLessThan(2 * MIB);
    expect(source?.writableLength).toBeGreaterThan(0);
    expect((await readAll(stream)).equals(bytes)).toBe(true);
  });

  test("a destination that does not read makes the writer wait", async () => {
    let peer: Socket | undefined;
    const port = await listen((connection) => {
      peer = connection.pause();
    });
    const relay = await startRelay({ allow: ["127.0.0.1"] });
    const stream = await startClient(relay).connect("127.0.0.1", port);
    const bytes = pattern(32 * MIB);
    let written = false;
    const writing = stream.write(bytes).then(() => {
      stream.end();
      written = true;
    });
    await settled(() => relay.metrics.value("bytes_total", 'direction="out"'));
    expect(written).toBe(false);
    expect(relay.metrics.value("buffered_bytes")).toBeLessThan(4 * MIB);
    const pieces: Buffer[] = [];
    peer?.on("data", (piece) => pieces.push(piece)).resume();
    await writing;
    await once(peer!, "end");
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  });

  test("a name is looked up at the relay", async () => {
    const port = await listen((peer) => peer.end("found"));
    const relay = await startRelay({
      allow: ["127.0.0.1"],
      resolve: names({ "site.example": ["127.0.0.1"] }),
    });
    const stream = await startClient(relay).connect("site.example", port);
    expect((await readAll(stream)).toString()).toBe("found");
  });

  test("errors are those of the destination", async () => {
    const relay = await startRelay({ allow: ["127.0.0.1"] });
    const client = startClient(relay);
    const closed = await unusedPort();
    await expect(client.connect("127.0.0.1", closed)).rejects.toMatchObject({
      code: "ECONNREFUSED",
    });
    await expect(client.connect("nowhere.example", 80)).rejects.toMatchObject({
      code: "EHOSTUNREACH",
    });
    await expect(client.connect("10.0.0.1", 80)).rejects.toMatchObject({ code: "EACCES" });
    await expect(client.connect("a b", 80)).rejects.toMatchObject({ code: "EACCES" });
    expect(relay.metrics.value("streams")).toBe(0);
  });

  test("a connection that the destination resets is reset", async () => {
    const port = await listen((peer) => peer.once("data", () => peer.resetAndDestroy()));
    const client = startClient(await startRelay({ allow: ["127.0.0.1"] }));
    const stream = await client.connect("127.0.0.1", port);
    await stream.write(Buffer.from("x"));
    await expect(readAll(stream)).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  test("a connection that is aborted is reset at the destination", async () => {
    let failure: string | undefined;
    const port = await listen((peer) => {
      peer.on("error", (error: NodeJS.ErrnoException) => {
        failure = error.code;
      });
      peer.resume();
    });
    const relay = await startRelay({ allow: ["127.0.0.1"] });
    const stream = await startClient(relay).connect("127.0.0.1", port);
    stream.abort();
    await until(() => failure !== undefined);
    expect(failure).toBe("ECONNRESET");
    await until(() => relay.metrics.value("streams") === 0);
  });
});

describe("UDP", () => {
  test("datagrams keep their bounds", async () => {
    const server = createSocket("udp4");
    onTestFinished(() => void server.close());
    server.on("message", (bytes, from) => server.send(bytes, from.port, from.address));
    server.bind(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const client = startClient(await startRelay({ allow: ["127.0.0.1"] }));
    const stream = client.openUdp("127.0.0.1", port);
    const heard: string[] = [];
    stream.onMessage = (bytes) => heard.push(Buffer.from(bytes).toString());
    stream.send(Buffer.from("one"));
    stream.send(Buffer.from("two"));
    await until(() => heard.length === 2);
    stream.send(Buffer.from("x".repeat(9000)));
    await until(() => heard.length === 3);
    expect(heard.toSorted()).toEqual(["one", "two", "x".repeat(9000)]);
  });

  test("an address that is not allowed closes the stream", async () => {
    const stream = startClient(await startRelay()).openUdp("127.0.0.1", 53);
    const error = await new Promise((resolve) => {
      stream.onClose = resolve;
    });
    expect(error).toMatchObject({ code: "EACCES" });
  });
});

/** A port on which nothing listens. */
async function unusedPort(): Promise<number> {
  const { createServer } = await import("node:net");
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
