/** The entry of a WASI worker that is a thread of Node: joins {@link WasiService} to the kernel. */
import { parentPort } from "node:worker_threads";
import type { ToWasi } from "./contract.ts";
import { WasiService } from "./service.ts";

const service = new WasiService((message) => parentPort?.postMessage(message));
parentPort?.on("message", (message: ToWasi) => void service.handle(message));
