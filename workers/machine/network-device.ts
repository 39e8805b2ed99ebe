/**
 * Ethernet frames to and from v86's virtio-net device, which has no relay: the network is the kernel
 * worker's.
 *
 * The guest posts buffers for what it receives, about two hundred of 9 KB. A frame for which there is
 * none is dropped and counted, as a network card does whose ring is full: TCP sends it again. So are
 * frames before the guest's driver runs: v86 would look for the queue at address 0 and write over what
 * is there.
 */

import { ETHERNET_OVERHEAD_BYTES, NETWORK_MTU } from "../shared/limits.ts";
import type { Engine } from "./engine.ts";

/** The first of the queues is the one for received frames (Virtio 1.0, 5.1.2). */
const RECEIVE_QUEUE = 0;

export class NetworkDevice {
  /** Frames that the guest could not take. */
  dropped = 0;
  private readonly engine: Engine;

  /** @param onFrame gets the frames that the guest sends; left out, they go nowhere */
  constructor(engine: Engine, onFrame: ((frame: Uint8Array) => void) | undefined) {
    this.engine = engine;
    if (!onFrame) return;
    // Each is a view of an array that v86 has made for this frame alone, so nothing is copied.
    engine.add_listener("net0-send", (frame: Uint8Array) => {
      if (frame.length > 0 && frame.length <= NETWORK_MTU + ETHERNET_OVERHEAD_BYTES) onFrame(frame);
    });
  }

  receive(frame: Uint8Array): void {
    const queue = this.engine.v86.cpu.devices.virtio_net.virtio.queues[RECEIVE_QUEUE]!;
    const fits = frame.length <= NETWORK_MTU + ETHERNET_OVERHEAD_BYTES;
    if (!fits || !queue.is_configured() || !queue.has_request()) this.dropped += 1;
    else this.engine.bus.send("net0-receive", frame);
  }
}
