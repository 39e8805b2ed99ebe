/**
 * Compresses in a thread of its own: `{ bytes, level }` in, the zstd frame out. Plain JavaScript,
 * because a thread does not inherit the loader that runs the builder's TypeScript.
 */
import { parentPort } from "node:worker_threads";
import { Zstd } from "@hpcc-js/wasm-zstd";

const zstd = await Zstd.load();

parentPort?.on("message", ({ bytes, level }) => {
  parentPort?.postMessage(zstd.compress(bytes, level));
});
