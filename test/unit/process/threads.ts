/** WASI workers for tests, in threads of Node. */
import { Worker } from "node:worker_threads";
import type { WasiThread } from "../../../workers/kernel/process/wasi-worker.ts";
import { threadScript } from "../support/thread-script.ts";

/** @returns what starts a thread */
export async function wasiThreads(): Promise<() => WasiThread> {
  const script = await threadScript(new URL("./wasi-thread.ts", import.meta.url));
  return () => {
    const worker = new Worker(script, { eval: true });
    const thread: WasiThread = {
      mayShare: true,
      post: (message) => worker.postMessage(message),
      onMessage: () => {},
      terminate: () => void worker.terminate(),
    };
    worker.on("message", (message) => thread.onMessage(message));
    return thread;
  };
}
