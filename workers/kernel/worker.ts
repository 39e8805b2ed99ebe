/** The kernel worker's entry: joins {@link KernelService} to the page. */
import { browserStores } from "../shared/browser-store.ts";
import type { ToKernel } from "./contract.ts";
import { openDisk } from "./disk/open-disk.ts";
import { browserMachines } from "./imported/browser-machines.ts";
import { browserThreads, browserWasix } from "./process/browser-threads.ts";
import { KernelService } from "./service.ts";

const service = new KernelService({
  post: (message, transfer = []) => self.postMessage(message, { transfer }),
  openStore: browserStores(),
  openDisk,
  machines: browserMachines,
  wasiThreads: browserThreads(),
  ...(crossOriginIsolated ? { wasixThreads: browserWasix } : {}),
});
self.onmessage = ({ data }: MessageEvent<ToKernel>) => void service.handle(data);
