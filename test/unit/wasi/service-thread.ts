/** workers/wasi/worker.ts as a thread of Node's. */
import { parentPort } from "node:worker_threads";
import type { ToWasi } from "../../../workers/wasi/contract.ts";
import { WasiService } from "../../../workers/wasi/service.ts";

const service = new WasiService((message) => parentPort?.postMessage(message));
parentPort?.on("message", (message: ToWasi) => void service.handle(message));
