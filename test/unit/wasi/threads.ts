/** Threads for tests. */
import { Worker } from "node:worker_threads";
import { threadScript } from "../support/thread-script.ts";

/** Starts a file of this folder. */
export async function startThread(name: string, workerData?: unknown): Promise<Worker> {
  const script = await threadScript(new URL(name, import.meta.url));
  return new Worker(script, { eval: true, workerData });
}
