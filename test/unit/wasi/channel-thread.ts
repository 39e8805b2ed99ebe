/** The program's end of a channel in a thread: writes what it has got back, one more each time. */
import { parentPort, workerData } from "node:worker_threads";
import { ProgramChannel } from "../../../workers/wasi/channel.ts";

const { memory, calls } = workerData as { memory: SharedArrayBuffer; calls: number };
const channel = new ProgramChannel(memory, () => parentPort?.postMessage("call"));

let data: Uint8Array<ArrayBuffer> = new Uint8Array(0);
for (let i = 0; i < calls; i++) {
  const half = data.length >> 1;
  const pieces = [data.subarray(0, half), data.subarray(half)];
  const reply = channel.call({ call: { op: "read", file: i, offset: 0, length: 0 }, data: pieces });
  data = new Uint8Array(reply.data);
}
parentPort?.postMessage("end");
