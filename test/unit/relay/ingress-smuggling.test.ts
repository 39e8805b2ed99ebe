import { describe, expect, test } from "vitest";
import { publish, raw, serve } from "./ingress-support.ts";
import { startRelay } from "./support.ts";

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
