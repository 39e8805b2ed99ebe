/** A local computer's workers in a page. */
import { size as engineSize, url as engineUrl } from "virtual:tabnix-engine";
import { url as wasmer } from "virtual:tabnix-wasmer";
import { loadManifest } from "../../workers/shared/manifest-loader.ts";
import type { ComputerHost } from "./computer-host.ts";

export const browserHost: ComputerHost = {
  engine: { url: new URL(engineUrl, document.baseURI).href, size: engineSize },
  wasmerUrl: wasmer && new URL(wasmer, document.baseURI).href,
  sharesMemory: crossOriginIsolated,
  runsInParallel: crossOriginIsolated && navigator.hardwareConcurrency > 1,
  startKernel: () =>
    new Worker(new URL("../../workers/kernel/worker.ts", import.meta.url), {
      type: "module",
      name: "tabnix-kernel",
    }),
  startMachine: () =>
    new Worker(new URL("../../workers/machine/worker.ts", import.meta.url), {
      type: "module",
      name: "tabnix-machine",
    }),
  loadManifest,
};
