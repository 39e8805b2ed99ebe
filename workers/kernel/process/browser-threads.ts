/** WASI workers of a browser: workers of this worker. */
import type { FromWasi } from "../../wasi/contract.ts";
import { findJspi } from "../../wasi/jspi.ts";
import type { WasiThread, WasiThreads } from "./wasi-worker.ts";

const OBSTACLE = "this browser runs WebAssembly programs only where the page is isolated";

/** What this browser can do, for this page. */
export function browserThreads(): WasiThreads {
  return { spawn, ...(crossOriginIsolated || findJspi() ? {} : { obstacle: OBSTACLE }) };
}

function spawn(): WasiThread {
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
