/** What becomes of a relay whose address or token no WebSocket takes. */
import { expect, test } from "vitest";
import { WispClient } from "../../../workers/kernel/network/relay/wisp-client.ts";

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
