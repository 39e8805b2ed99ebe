/** When a relay is tried again, and when not. */
import { expect, onTestFinished, test } from "vitest";
import type { NetworkReport } from "../../../workers/kernel/network/contract.ts";
import { NetworkService } from "../../../workers/kernel/network/network-service.ts";
import { WispClient } from "../../../workers/kernel/network/relay/wisp-client.ts";
import type { WebSocketFactory } from "../../../workers/shared/mux/web-socket.ts";
import { socket, startRelay, until } from "./support.ts";

test("what the browser refuses is said, and not tried again", async () => {
  const states: unknown[] = [];
  const client = new WispClient({
    url: "ws://relay.example/wisp/",
    socket: () => {
      throw new DOMException("An insecure WebSocket connection may not be initiated.");
    },
    onState: (state) => states.push(state),
  });
  client.start();
  const reason =
    "The browser refuses the relay's address or token: An insecure WebSocket connection may not be initiated.";
  expect(states).toEqual([
    { state: "connecting" },
    { state: "offline", reason, retryMs: undefined },
  ]);
  await expect(client.connect("example.org", 80)).rejects.toMatchObject({ code: "ENETUNREACH" });
});

test("when the computer is on a network again, the relay is tried at once, for what goes out and what is public", async () => {
  const page = new EventTarget();
  const opened: string[] = [];
  /** Sockets that fail as those of a computer without a network, until it has one. */
  let isOnline = false;
  const makeSocket: WebSocketFactory = (url, protocols) => {
    opened.push(new URL(url).pathname);
    return socket(isOnline ? url : "ws://127.0.0.1:1/", protocols);
  };
  const relay = await startRelay();
  const reports: NetworkReport[] = [];
  const service = new NetworkService((report) => reports.push(report), {
    socket: makeSocket,
    connectivity: page,
  });
  onTestFinished(() => service.handle({ type: "relay" }));
  const last = (type: NetworkReport["type"]) => {
    const report = reports.findLast((report) => report.type === type);
    return report && "state" in report ? report.state.state : undefined;
  };

  isOnline = true;
  service.handle({ type: "relay", relay: { url: relay.wispUrl } });
  await until(() => last("relay") === "online");
  service.handle({ type: "share", port: 8080 });
  await until(() => last("share") === "online");

  isOnline = false;
  relay.terminate();
  await until(() => last("relay") === "offline" && last("share") === "offline");
  const before = opened.length;
  page.dispatchEvent(new Event("online"));
  // Before any pause is over, however short it is.
  expect(opened.slice(before).toSorted()).toEqual(["/ingress", "/wisp/"]);
});
