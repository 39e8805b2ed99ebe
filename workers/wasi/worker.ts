/** A WASI worker's entry: joins {@link WasiService} to the kernel. */
import type { FromWasi, ToWasi } from "./contract.ts";
import { WasiService } from "./service.ts";

const post = (message: FromWasi, transfer: Transferable[] = []) =>
  self.postMessage(message, { transfer });
const service = new WasiService(post);
self.onmessage = ({ data }: MessageEvent<ToWasi>) => void service.handle(data);
