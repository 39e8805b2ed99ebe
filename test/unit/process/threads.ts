/** WASI workers for tests: workers/wasi as one script, because a thread under Vitest loads no TypeScript. */
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { build } from "vite";
import type { WasiThread } from "../../../workers/kernel/process/wasi-worker.ts";

/** @returns what starts a thread */
export async function wasiThreads(): Promise<() => WasiThread> {
  const entry = fileURLToPath(new URL("./wasi-thread.ts", import.meta.url));
  const result = await build({
    configFile: false,
    logLevel: "error",
    build: {
      write: false,
      lib: { entry, formats: ["cjs"] },
      rolldownOptions: { external: ["node:worker_threads"] },
    },
  });
  const [output] = [result].flat();
  if (!output || !("output" in output)) throw new Error("Vite gave no output");
  const { code } = output.output[0];
  return () => {
    const worker = new Worker(code, { eval: true });
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
