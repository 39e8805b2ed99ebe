/** The kernel's end of a reply slot in a thread: replies to a request with its number. */
import { parentPort, workerData } from "node:worker_threads";
import { ReplySlot } from "../../../workers/kernel/reply-slot.ts";

const slot = new ReplySlot(workerData);

parentPort?.on("message", (id: number) => {
  if (!slot.put(id, Uint8Array.of(id, id >> 8))) parentPort?.postMessage(id);
});
