/** The network is loaded when it is needed, and a machine joins it once. */
import { expect, test } from "vitest";
import type { NetworkRequest } from "../../../workers/kernel/network/contract.ts";
import { LazyNetwork } from "../../../workers/kernel/network/lazy-network.ts";

function recorder() {
  const attached: string[] = [];
  const asked: NetworkRequest[] = [];
  return {
    attached,
    asked,
    attach: (_: MessagePort, hostname: string) => void attached.push(hostname),
    handle: (request: NetworkRequest) => void asked.push(request),
    close: () => {},
  };
}

const link = (hostname: string) => ({ frames: new MessageChannel().port1, hostname });

test("a machine that starts while it is loaded takes the other's place, and is joined once", async () => {
  const network = recorder();
  let loads = 0;
  const lazy = new LazyNetwork(async () => {
    loads++;
    return network;
  });
  lazy.join(link("first"));
  const opening = lazy.open();
  lazy.join(link("second"));
  await Promise.all([opening, lazy.ask({ type: "relay" })]);
  expect([network.attached, network.asked, loads]).toEqual([["second"], [{ type: "relay" }], 1]);
  lazy.join(link("third"));
  expect(network.attached).toEqual(["second", "third"]);
});

test("what could not be loaded is tried again", async () => {
  const network = recorder();
  let isOffline = true;
  const lazy = new LazyNetwork(async () => {
    if (isOffline) throw new Error("offline");
    return network;
  });
  lazy.join(link("only"));
  await expect(lazy.open()).rejects.toThrow("offline");
  isOffline = false;
  await lazy.ask({ type: "unshare", port: 80 });
  expect([network.attached, network.asked]).toEqual([["only"], [{ type: "unshare", port: 80 }]]);
});
