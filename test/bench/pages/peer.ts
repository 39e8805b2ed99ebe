/** The page of the benchmark with v86's own 9P filesystem, in a worker as Tabnix has v86. */
import { Runner } from "./runner.ts";

/** As v86's adapter has it: its guest and its router. */
const PEER_ADDRESS =
  "ip addr add 192.168.86.100/24 dev eth0; ip link set eth0 up; ip route add default via 192.168.86.1";

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
  // Its DHCP server answers in a way that our client does not take; what is measured is the transfer.
  if (new URLSearchParams(location.search).has("relay")) await runner.run(PEER_ADDRESS);
  return runner;
})();
