/** WASI workers of a browser. */
import type { FromWasi } from "../../wasi/contract.ts";
import type { WasiThread } from "./wasi-worker.ts";

/** Starts one, as a worker of this worker. */
export function spawnWasi(): WasiThread {
  const worker = new Worker(new URL("../../wasi/worker.ts", import.meta.url), {
    type: "module",
    name: "wasi",
  });
  const thread: WasiThread = {
    mayShare: crossOriginIsolated,
    post: (message) => worker.postMessage(message),
    onMessage: () => {},
    terminate: () => worker.terminate(),
  };
  worker.onmessage = ({ data }: MessageEvent<FromWasi>) => thread.onMessage(data);
  return thread;
}
