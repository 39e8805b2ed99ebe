/** Threads for tests. */
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { bundleThread } from "../../../scripts/bundle-thread.ts";

/** Starts a file of this folder. */
export async function startThread(name: string, workerData?: unknown): Promise<Worker> {
  const script = await bundleThread(fileURLToPath(new URL(name, import.meta.url)));
  return new Worker(script, { eval: true, workerData });
}
