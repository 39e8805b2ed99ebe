/** WASI and WASIX workers of a browser: workers of this worker. */
import type { FromWasi } from "../../wasi/contract.ts";
import { findJspi } from "../../wasi/jspi.ts";
import type { FromWasix, SdkParts } from "../../wasix/contract.ts";
import type { WasiThread, WasiThreads } from "./wasi-worker.ts";
import type { WasixThread, WasixThreads } from "./wasix-program.ts";

/** From the SDK's main script on. */
const SDK_ENGINE = "../pkg/wasmer_sdk_js_bg.wasm";
const OBSTACLE = "this browser runs WebAssembly programs only where the page is isolated";

/** What this browser can do, for this page. */
export function browserThreads(): WasiThreads {
  const mayShare = crossOriginIsolated;
  return { spawn, mayShare, ...(mayShare || findJspi() ? {} : { obstacle: OBSTACLE }) };
}

function spawn(): WasiThread {
  const worker = new Worker(new URL("../../wasi/worker.ts", import.meta.url), {
    type: "module",
    name: "wasi",
  });
  const thread: WasiThread = {
    post: (message) => worker.postMessage(message),
    onMessage: () => {},
    terminate: () => worker.terminate(),
  };
  worker.onmessage = ({ data }: MessageEvent<FromWasi>) => thread.onMessage(data);
  return thread;
}

/** Workers for WASIX programs. The SDK is fetched and compiled for the first of them. */
export function browserWasix(url: string): WasixThreads {
  let parts: Promise<SdkParts> | undefined;
  const sdk = () => {
    const engineUrl = new URL(SDK_ENGINE, url);
    parts ??= WebAssembly.compileStreaming(fetch(engineUrl)).then((engine) => ({ url, engine }));
    // It may be there the next time.
    parts.catch(() => {
      parts = undefined;
    });
    return parts;
  };
  return { spawn: spawnWasix, sdk };
}

function spawnWasix(): WasixThread {
  const worker = new Worker(new URL("../../wasix/worker.ts", import.meta.url), {
    type: "module",
    name: "wasix",
  });
  const thread: WasixThread = {
    post: (message) => worker.postMessage(message),
    onMessage: () => {},
    terminate: () => worker.terminate(),
  };
  worker.onmessage = ({ data }: MessageEvent<FromWasix>) => thread.onMessage(data);
  return thread;
}
