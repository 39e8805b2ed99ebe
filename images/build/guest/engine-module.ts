/** v86's WebAssembly module, compiled once a process. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

let compiled: Promise<WebAssembly.Module> | undefined;

/** The module of the installed v86. */
export function engineModule(): Promise<WebAssembly.Module> {
  compiled ??= (async () => {
    const path = fileURLToPath(import.meta.resolve("v86/build/v86.wasm"));
    return await WebAssembly.compile(await readFile(path));
  })();
  return compiled;
}
