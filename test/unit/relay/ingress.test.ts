import { once } from "node:events";
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type RequestOptions,
} from "node:http";
import { connect, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocketServer } from "ws";
import { signToken } from "../../../relay/access/token.ts";
import { SocketStream } from "../../../relay/node-stream.ts";
import type { Relay } from "../../../relay/relay.ts";
import {
  IngressClient,
  type IngressClientOptions,
} from "../../../workers/kernel/network/relay/ingress-client.ts";
import { type ByteStream, NetworkError } from "../../../workers/shared/byte-stream.ts";
import { listen, openSocket, pattern, portOf, socket, startRelay, until } from "./support.ts";

const MIB = 1024 * 1024;

/** As the guest's network does it: a connection to a server, here one of this computer. */
function connectTo(port: number): Promise<ByteStream> {
  return new Promise((resolve, reject) => {
    const connection = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    connection.once("connect", () => resolve(new SocketStream(connection)));
    connection.once("error", () => reject(new NetworkError("ECONNREFUSED", "refused")));
  });
}

/** A tab that serves a port under a name. */
async function publish(relay: Relay, port: number, options: Partial<IngressClientOptions> = {}) {
  const client = new IngressClient({
    url: relay.ingressUrl,
    port,
    connect: connectTo,
    socket,
    ...options,
  });
  onTestFinished(() => client.close());
  const address = await client.start();
  return { client, ...address };
}

/** A web server that stands for the guest's. */
async function serve(listener: RequestListener): Promise<{ port: number; close(): void }> {
  const server = createServer(listener);
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port: await portOf(server), close: () => server.closeAllConnections() };
}

/** A visitor's request; the name goes into the Host field, as it would from the DNS. */
function visit(relay: Relay, name: string, options: RequestOptions = {}) {
  return httpRequest({
    host: "127.0.0.1",
    port: relay.port,
    agent: false,
    ...options,
    headers: { host: `${name}.localhost:${relay.port}`, ...options.headers },
  });
}

async function get(relay: Relay, name: string, options: RequestOptions = {}) {
  const request = visit(relay, name, options);
  request.end();
  return await answered(request);
}

async function answered(request: ReturnType<typeof httpRequest>) {
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece);
  return { response, status: response.statusCode, body: Buffer.concat(pieces) };
}

/** Sends bytes as they are and gives what comes back until the end. */
async function raw(relay: Relay, text: string): Promise<string> {
  const connection: Socket = connect({ port: relay.port, host: "127.0.0.1", allowHalfOpen: true });
  onTestFinished(() => void connection.destroy());
  connection.write(text.replaceAll("\n", "\r\n"), "latin1");
  let answer = "";
  for await (const piece of connection) answer += piece;
  return answer;
}

describe("requests", () => {
  test("reach the guest as the visitor made them, and say who he is", async () => {
    const relay = await startRelay();
    const guest = await serve((request, response) => {
      let body = "";
      request.on("data", (piece) => {
        body += piece;
      });
      request.on("end", () => {
        response.setHeader("Set-Cookie", ["a=1", "b=2"]);
        response.setHeader("Connection", "X-Inner");
        response.setHeader("X-Inner", "not for visitors");
        response.end(JSON.stringify({ url: request.url, headers: request.headers, body }));
      });
    });
    const { address } = await publish(relay, guest.port, { name: "demo" });
    expect(address).toBe(`http://demo.localhost:${relay.port}/`);
    const request = visit(relay, "demo", {
      method: "POST",
      path: "/a/b?c=d",
      headers: {
        "X-Forwarded-For": "6.6.6.6",
        Forwarded: "for=6.6.6.6",
        "X-Custom": "kept",
        Connection: "close, X-Hop",
        "X-Hop": "dropped",
        "Proxy-Authorization": "secret",
      },
    });
    request.end("hello");
    const { response, body } = await answered(request);
    const seen = JSON.parse(body.toString());
    expect(seen).toMatchObject({ url: "/a/b?c=d", body: "hello" });
    expect(seen.headers).toMatchObject({
      host: `demo.localhost:${relay.port}`,
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-proto": "http",
      "x-forwarded-host": `demo.localhost:${relay.port}`,
      "x-custom": "kept",
    });
    expect(seen.headers).not.toHaveProperty("forwarded");
    expect(seen.headers).not.toHaveProperty("x-hop");
    expect(seen.headers).not.toHaveProperty("proxy-authorization");
    expect(response.headers["set-cookie"]).toEqual(["a=1", "b=2"]);
    expect(response.headers).not.toHaveProperty("x-inner");
  });

  test("of one connection go to the names that each asks for", async () => {
    const relay = await startRelay();
    for (const name of ["one", "two"]) {
      const guest = await serve((_request, response) => response.end(`this is ${name}`));
      await publish(relay, guest.port, { name });
    }
    const answer = await raw(
      relay,
      "GET / HTTP/1.1\nHost: one.localhost\n\nGET / HTTP/1.1\nHost: TWO.localhost.\nConnection: close\n\n",
    );
    expect(answer.match(/this is (one|two)/g)).toEqual(["this is one", "this is two"]);
  });

  test("20 MB go both ways at once, to several tabs", async () => {
    const relay = await startRelay();
    const bytes = pattern(20 * MIB);
    const guest = await serve((request, response) => request.pipe(response));
    const exchange = async (name: string) => {
      await publish(relay, guest.port, { name });
      const request = visit(relay, name, { method: "PUT" });
      request.end(bytes);
      return (await answered(request)).body.equals(bytes);
    };
    expect(await Promise.all([exchange("one"), exchange("two")])).toEqual([true, true]);
    await until(() => relay.metrics.value("streams") === 0);
  });

  test("a visitor who does not read makes the guest wait", async () => {
    const relay = await startRelay();
    let written = 0;
    const guest = await serve((_request, response) => {
      const piece = pattern(MIB);
      const more = () => {
        while (written < 200 * MIB && response.write(piece)) written += piece.length;
        if (written < 200 * MIB) response.once("drain", more);
      };
      more();
    });
    await publish(relay, guest.port, { name: "big" });
    const request = visit(relay, "big");
    request.end();
    const [response] = (await once(request, "response")) as [IncomingMessage];
    response.pause();
    let [last, looks] = [0, 0];
    await until(() => {
      looks = written === last ? looks + 1 : 0;
      last = written;
      return looks === 50;
    });
    expect(written).toBeLessThan(64 * MIB);
    expect(relay.metrics.value("buffered_bytes")).toBeLessThan(2 * MIB);
    request.destroy();
    await until(() => relay.metrics.value("streams") === 0);
  });

  test("events come one by one, and a visitor who goes is gone for the guest", async () => {
    const relay = await startRelay();
    let send: ((text: string) => void) | undefined;
    let left = false;
    const guest = await serve((request, response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.flushHeaders();
      send = (text) => response.write(`data: ${text}\n\n`);
      request.on("close", () => {
        left = true;
      });
    });
    await publish(relay, guest.port, { name: "events" });
    const request = visit(relay, "events");
    request.end();
    const [response] = (await once(request, "response")) as [IncomingMessage];
    for (const text of ["one", "two"]) {
      send?.(text);
      expect(String((await once(response, "data"))[0])).toBe(`data: ${text}\n\n`);
    }
    request.destroy();
    await until(() => left);
  });

  test("Expect: 100-continue is the guest's to answer", async () => {
    const relay = await startRelay();
    const server = createServer();
    onTestFinished(() => void server.close());
    server.on("checkContinue", (request, response) => {
      if (request.url === "/no") {
        response.writeHead(417).end();
        return;
      }
      response.writeContinue();
      request.pipe(response);
    });
    await publish(relay, await portOf(server), { name: "expect" });
    const options = { method: "POST", headers: { Expect: "100-continue", "Content-Length": "2" } };
    const yes = visit(relay, "expect", { ...options, path: "/yes" });
    yes.flushHeaders();
    await once(yes, "continue");
    yes.end("ok");
    expect((await answered(yes)).body.toString()).toBe("ok");
    const no = visit(relay, "expect", { ...options, path: "/no" });
    no.on("error", () => {});
    no.flushHeaders();
    const [response] = (await once(no, "response")) as [IncomingMessage];
    expect(response.statusCode).toBe(417);
    no.destroy();
  });

  test("end quietly: the guest's server sees a connection that closed, not one that broke", async () => {
    const relay = await startRelay();
    const closed: boolean[] = [];
    const port = await listen((peer) => {
      peer.on("close", (broken) => closed.push(broken));
      peer.once("data", () => peer.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
      peer.on("end", () => peer.end());
    });
    await publish(relay, port, { name: "quiet" });
    for (let i = 1; i <= 5; i++) {
      expect((await get(relay, "quiet")).body.toString()).toBe("ok");
      await until(() => closed.length === i);
    }
    expect(closed).toEqual([false, false, false, false, false]);
  });

  test("trailers go both ways", async () => {
    const relay = await startRelay();
    const guest = await serve((request, response) => {
      request.resume();
      request.on("end", () => {
        response.writeHead(200, { Trailer: "X-Sum" });
        response.write("body");
        response.addTrailers({ "X-Sum": `saw ${request.trailers["x-mine"]}` });
        response.end();
      });
    });
    await publish(relay, guest.port, { name: "trailers" });
    const request = visit(relay, "trailers", {
      method: "POST",
      headers: { Trailer: "X-Mine", "Transfer-Encoding": "chunked" },
    });
    request.addTrailers({ "X-Mine": "this" });
    request.end("x");
    const { response } = await answered(request);
    expect(response.trailers["x-sum"]).toBe("saw this");
  });

  test.each([
    ["HEAD", 200, ""],
    ["GET", 304, ""],
    ["DELETE", 204, ""],
    ["GET", 404, "no"],
  ])("%s with %d", async (method, status, text) => {
    const relay = await startRelay();
    const guest = await serve((_request, response) => response.writeHead(status).end(text));
    await publish(relay, guest.port, { name: "demo" });
    const { status: seen, body } = await get(relay, "demo", { method });
    expect([seen, body.toString()]).toEqual([status, text]);
  });
});

describe("requests that could be two", () => {
  test.each([
    ["two lengths", "Content-Length: 3\nContent-Length: 30\n\nabc"],
    ["a length and chunks", "Content-Length: 3\nTransfer-Encoding: chunked\n\n0\n\n"],
    ["chunks that are not last", "Transfer-Encoding: chunked, gzip\n\n0\n\n"],
    ["an odd encoding", "Transfer-Encoding: xchunked\n\n0\n\n"],
    ["a blank before the colon", "Content-Length : 3\n\nabc"],
    ["two hosts", "Host: two.localhost\n\n"],
    ["a folded line", "X-A: b\n Content-Length: 3\n\n"],
    ["a name with a NUL", "X-A\0: b\n\n"],
  ])("%s", async (_what, rest) => {
    const relay = await startRelay();
    let seen = 0;
    const guest = await serve((_request, response) => {
      seen++;
      response.end();
    });
    await publish(relay, guest.port, { name: "one" });
    const smuggled = "GET /smuggled HTTP/1.1\nHost: one.localhost\n\n";
    const answer = await raw(relay, `POST / HTTP/1.1\nHost: one.localhost\n${rest}${smuggled}`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(seen).toBe(0);
  });

  test("a target of another host, and a body with an upgrade", async () => {
    const relay = await startRelay();
    const guest = await serve((_request, response) => response.end());
    await publish(relay, guest.port, { name: "one" });
    const absolute =
      "GET http://two.localhost/ HTTP/1.1\nHost: one.localhost\nConnection: close\n\n";
    expect(await raw(relay, absolute)).toMatch(/^HTTP\/1\.1 400 /);
    const upgrade =
      "POST / HTTP/1.1\nHost: one.localhost\nConnection: Upgrade\nUpgrade: websocket\nContent-Length: 3\n\nabc";
    expect(await raw(relay, upgrade)).toMatch(/^HTTP\/1\.1 400 /);
  });

  test("what follows an upgrade that the guest declines is not read", async () => {
    const relay = await startRelay();
    const urls: unknown[] = [];
    const guest = await serve((request, response) => {
      urls.push(request.url);
      response.end("no");
    });
    await publish(relay, guest.port, { name: "one" });
    const answer = await raw(
      relay,
      "GET / HTTP/1.1\nHost: one.localhost\nConnection: Upgrade\nUpgrade: h2c\n\n" +
        "GET /second HTTP/1.1\nHost: one.localhost\n\n",
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(urls).toEqual(["/"]);
  });
});

test("WebSockets go through, in both directions", async () => {
  const relay = await startRelay();
  const server = createServer();
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (guest) =>
    guest.on("message", (data, isBinary) => guest.send(data, { binary: isBinary })),
  );
  onTestFinished(() => void server.close());
  await publish(relay, await portOf(server), { name: "chat" });
  const headers = { host: `chat.localhost:${relay.port}` };
  const visitor = await openSocket(`ws://127.0.0.1:${relay.port}/room`, [], headers);
  for (const bytes of [Buffer.from("hello"), pattern(2 * MIB)]) {
    visitor.send(bytes);
    const [echo] = await once(visitor, "message");
    expect(Buffer.from(echo).equals(bytes)).toBe(true);
  }
  visitor.close();
  await until(() => relay.metrics.value("streams") === 0);
});

describe("tabs", () => {
  test("that are not there have a notice", async () => {
    const relay = await startRelay();
    const guest = await serve((_request, response) => response.end("here"));
    const { client } = await publish(relay, guest.port, { name: "demo" });
    expect((await get(relay, "demo")).body.toString()).toBe("here");
    client.close();
    await until(() => relay.metrics.value("names") === 0);
    const { status, body, response } = await get(relay, "demo");
    expect(status).toBe(503);
    expect(response.headers["content-type"]).toContain("text/html");
    expect(body.toString()).toContain("Nobody serves this address now");
  });

  test("that go in the middle of an answer break it off", async () => {
    const relay = await startRelay();
    const guest = await serve((_request, response) => response.write("the beginning"));
    const { client } = await publish(relay, guest.port, { name: "demo" });
    const request = visit(relay, "demo");
    request.end();
    const [response] = (await once(request, "response")) as [IncomingMessage];
    await once(response, "data");
    client.close();
    const [error] = await once(response, "error");
    expect(error).toMatchObject({ code: "ECONNRESET" });
  });

  test("where nothing listens, and servers that do not speak HTTP, have notices of their own", async () => {
    const relay = await startRelay();
    await publish(relay, 1, { name: "empty" });
    const empty = await get(relay, "empty");
    expect([empty.status, empty.body.toString()]).toEqual([
      502,
      expect.stringContaining("Nothing listens there"),
    ]);
    await publish(relay, await listen((peer) => peer.end("what?\r\n")), { name: "odd" });
    expect((await get(relay, "odd")).body.toString()).toContain("did not answer properly");
  });

  test("get random names, keep them, and yield to their owner's next tab", async () => {
    const relay = await startRelay();
    const guest = await serve((_request, response) => response.end());
    const { name } = await publish(relay, guest.port);
    expect(name).toMatch(/^[a-z0-9]{12}$/);
    const states: string[] = [];
    const first = await publish(relay, guest.port, {
      name: "mine",
      onState: ({ state }) => states.push(state),
    });
    await publish(relay, guest.port, { name: "mine" });
    await until(() => states.at(-1) === "offline");
    expect(first.client.state).toMatchObject({ retryMs: undefined });
    expect((await get(relay, "mine")).status).toBe(200);
  });

  test("keep their names from others", async () => {
    const secret = Buffer.from("a secret that has thirty-two bytes or more");
    const exp = Math.floor(Date.now() / 1000) + 3600;
    const token = (sub: string) => signToken({ exp, scope: ["ingress:*"], sub }, secret);
    const relay = await startRelay({ secret });
    const guest = await serve((_request, response) => response.end("anna's"));
    await publish(relay, guest.port, { name: "mine", token: token("anna") });
    const thief = new IngressClient({
      url: relay.ingressUrl,
      name: "mine",
      token: token("eve"),
      port: 1,
      connect: connectTo,
      socket,
    });
    onTestFinished(() => thief.close());
    await expect(thief.start()).rejects.toThrow(
      "The name is taken: another tab has it. Choose another name.",
    );
    expect(thief.state).toMatchObject({ state: "offline", retryMs: undefined });
    expect((await get(relay, "mine")).body.toString()).toBe("anna's");
  });

  test("have room for so many visitors", async () => {
    const relay = await startRelay({ limits: { requestsPerTunnel: 1 } });
    let release: (() => void) | undefined;
    const guest = await serve((_request, response) => {
      release = () => response.end("done");
    });
    await publish(relay, guest.port, { name: "slow" });
    const first = get(relay, "slow");
    await until(() => release !== undefined);
    expect((await get(relay, "slow")).status).toBe(503);
    release?.();
    expect((await first).body.toString()).toBe("done");
  });
});

test("a name of somebody else's is never given, not for a moment", async () => {
  const secret = Buffer.from("a secret that has thirty-two bytes or more");
  const relay = await startRelay({ secret });
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const options = (sub: string) => ({
    name: "mine",
    token: signToken({ exp, sub, scope: ["ingress:*"] }, secret),
  });
  await publish(relay, 1, options("anna"));
  const states: string[] = [];
  const onState = ({ state }: { state: string }) => states.push(state);
  await expect(publish(relay, 1, { ...options("bert"), onState })).rejects.toThrow(
    "The name is taken: another tab has it. Choose another name.",
  );
  expect(states).toEqual(["connecting", "offline"]);
});
