/** The machine worker's entry: joins {@link MachineService} to the page. */
import { browserStores } from "../shared/browser-store.ts";
import type { FromMachine, ToMachine } from "./contract.ts";
import { MachineService } from "./service.ts";

const post = (message: FromMachine, transfer: Transferable[] = []) =>
  self.postMessage(message, { transfer });
const service = new MachineService(post, browserStores());
self.onmessage = ({ data }: MessageEvent<ToMachine>) => void service.handle(data);
