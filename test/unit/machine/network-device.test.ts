/** Frames to a card whose guest is not there yet, or does not keep up. */
import { expect, test } from "vitest";
import type { Engine } from "../../../workers/machine/engine.ts";
import { NetworkDevice } from "../../../workers/machine/network-device.ts";
import { NETWORK_MTU } from "../../../workers/shared/limits.ts";

/** What v86 has of a card, with a ring of so many buffers. */
function card() {
  const state = { configured: false, buffers: 0 };
  const received: Uint8Array[] = [];
  let send: (frame: Uint8Array) => void = () => {};
  const queue = {
    is_configured: () => state.configured,
    has_request: () => state.buffers > 0,
  };
  const engine = {
    add_listener: (_: string, listener: (frame: Uint8Array) => void) => {
      send = listener;
    },
    bus: {
      send: (_: string, frame: Uint8Array) => {
        state.buffers -= 1;
        received.push(frame);
      },
    },
    v86: { cpu: { devices: { virtio_net: { virtio: { queues: [queue] } } } } },
  };
  return {
    engine: engine as unknown as Engine,
    state,
    received,
    send: (frame: Uint8Array) => send(frame),
  };
}

const FRAME = new Uint8Array(60);

test("frames that the guest has no buffer for are dropped and counted", () => {
  const { engine, state, received } = card();
  const device = new NetworkDevice(engine, () => {});
  state.buffers = 9;
  device.receive(FRAME);
  expect(received).toHaveLength(0);
  Object.assign(state, { configured: true, buffers: 2 });
  for (let i = 0; i < 3; i++) device.receive(FRAME);
  state.buffers = 1;
  device.receive(new Uint8Array(NETWORK_MTU + 100));
  expect(received).toHaveLength(2);
  expect(device.dropped).toBe(3);
});

test("frames of the guest come as they are, and none that is no frame", () => {
  const { engine, send } = card();
  const sent: Uint8Array[] = [];
  new NetworkDevice(engine, (frame) => sent.push(frame));
  send(FRAME);
  send(new Uint8Array(0));
  send(new Uint8Array(NETWORK_MTU + 100));
  expect(sent).toEqual([FRAME]);
});
