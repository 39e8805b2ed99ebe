/** WASI workers for tests, in threads of Node. */
import { Worker } from "node:worker_threads";
import type { WasiThread, WasiThreads } from "../../../workers/kernel/process/wasi-worker.ts";
import { threadScript } from "../support/thread-script.ts";

/** Where they come from. */
export async function wasiThreads(): Promise<WasiThreads> {
  const script = await threadScript(new URL("./wasi-thread.ts", import.meta.url));
  const spawn = () => {
    const worker = new Worker(script, { eval: true });
    const thread: WasiThread = {
      post: (message) => worker.postMessage(message),
      onMessage: () => {},
      terminate: () => void worker.terminate(),
    };
    worker.on("message", (message) => thread.onMessage(message));
    return thread;
  };
  return { spawn, mayShare: true };
}
