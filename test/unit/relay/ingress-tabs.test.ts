import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { signToken } from "../../../relay/access/token.ts";
import { IngressClient } from "../../../workers/kernel/network/relay/ingress-client.ts";
import { connectTo, get, publish, serve, visit } from "./ingress-support.ts";
import { listen, socket, startRelay, until } from "./support.ts";

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
