import type { NinepLink } from "../../workers/kernel/contract.ts";
import { SharedEpochs } from "../../workers/kernel/epoch.ts";
import { ReplySlot } from "../../workers/kernel/reply-slot.ts";
import type { ComputerHost } from "./computer-host.ts";

/** A way between the kernel and a machine. Memory is shared where that is allowed and of use. */
export function makeNinepLink({ sharesMemory, runsInParallel }: ComputerHost): {
  kernelEnd: NinepLink;
  machineEnd: NinepLink;
} {
  const { port1, port2 } = new MessageChannel();
  const frames = new MessageChannel();
  const shared = {
    ...(runsInParallel ? { slot: new ReplySlot().memory } : {}),
    ...(sharesMemory ? { epochs: SharedEpochs.makeMemory() } : {}),
  };
  return {
    kernelEnd: { port: port1, frames: frames.port1, ...shared },
    machineEnd: { port: port2, frames: frames.port2, ...shared },
  };
}
