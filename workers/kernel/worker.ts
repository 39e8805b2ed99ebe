/** The kernel worker's entry: joins {@link KernelService} to the page. */
import { browserStores } from "../shared/browser-store.ts";
import type { ToKernel } from "./contract.ts";
import { openDisk } from "./disk/open-disk.ts";
import { spawnWasi } from "./process/spawn-wasi.ts";
import { KernelService } from "./service.ts";

const service = new KernelService({
  post: (message) => self.postMessage(message),
  openStore: browserStores(),
  openDisk,
  spawnWasi,
});
self.onmessage = ({ data }: MessageEvent<ToKernel>) => void service.handle(data);
