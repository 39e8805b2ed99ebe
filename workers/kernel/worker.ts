/** The kernel worker's entry: joins {@link KernelService} to the page. */
import { openBrowserStore } from "../shared/browser-store.ts";
import type { ToKernel } from "./contract.ts";
import { KernelService } from "./service.ts";

const service = new KernelService((message) => self.postMessage(message), openBrowserStore);
self.onmessage = ({ data }: MessageEvent<ToKernel>) => void service.handle(data);
