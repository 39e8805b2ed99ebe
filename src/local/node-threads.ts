/** WASI workers under Node: threads of this process. */
import { Worker } from "node:worker_threads";
import { script } from "virtual:tabnix-wasi-thread";
import type { WasiThread, WasiThreads } from "../../workers/kernel/process/wasi-worker.ts";

/** Where they come from. */
export const nodeThreads: WasiThreads = { spawn, mayShare: true };

function spawn(): WasiThread {
  const worker = new Worker(script, { eval: true, name: "wasi" });
  const thread: WasiThread = {
    post: (message) => worker.postMessage(message),
    onMessage: () => {},
    terminate: () => void worker.terminate(),
  };
  worker.on("message", (message) => thread.onMessage(message));
  // Out of memory, say. A call that was never made ends its program, which would wait for ever.
  worker.on("error", () => thread.onMessage({ type: "call" }));
  return thread;
}
