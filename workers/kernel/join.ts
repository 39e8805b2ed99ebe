/** Joins {@link KernelService} to the page, in a worker. */
import { browserStores } from "../shared/browser-store.ts";
import { openDisk } from "./disk/open-disk.ts";
import { browserMachines } from "./imported/browser-machines.ts";
import { browserThreads, browserWasix } from "./process/browser-threads.ts";
import { KernelService } from "./service.ts";

export const service = new KernelService({
  post: (message, transfer = []) => self.postMessage(message, { transfer }),
  openStore: browserStores(),
  openDisk,
  machines: browserMachines,
  wasiThreads: browserThreads(),
  ...(crossOriginIsolated ? { wasixThreads: browserWasix } : {}),
});
