/** Threads for tests. */
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { build } from "vite";

/** Starts a file of this folder: as one script, for a thread under Vitest loads no TypeScript. */
export async function startThread(name: string, workerData?: unknown): Promise<Worker> {
  const entry = fileURLToPath(new URL(name, import.meta.url));
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
  return new Worker(output.output[0].code, { eval: true, workerData });
}
