/** The page of the benchmark with v86's own 9P filesystem, in a worker as Tabnix has v86. */
import { Runner } from "./runner.ts";

globalThis.bench = (async () => {
  const worker = new Worker(new URL("./peer-worker.ts", import.meta.url), { type: "module" });
  const runner = new Runner((text) => worker.postMessage(text));
  await new Promise<void>((resolve) => {
    worker.onmessage = ({ data }: MessageEvent<"ready" | Uint8Array>) => {
      if (data === "ready") resolve();
      else runner.receive(data);
    };
    const parameters = new URLSearchParams(location.search);
    const image = parameters.get("image") ?? "base";
    worker.postMessage({ image, origin: location.origin, relay: parameters.get("relay") });
  });
  await runner.prepare();
  return runner;
})();
