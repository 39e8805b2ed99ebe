import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocketServer } from "ws";
import { answered, get, publish, raw, serve, visit } from "./ingress-support.ts";
import { listen, openSocket, pattern, portOf, startRelay, until } from "./support.ts";

const MIB = 1024 * 1024;

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
