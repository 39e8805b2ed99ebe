/** Vite plugin: `import { script } from "virtual:tabnix-wasi-thread"` gives the script of a WASI worker under Node. */
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { bundleThread } from "./bundle-thread.ts";

const MODULE = "virtual:tabnix-wasi-thread";
const RESOLVED = `\0${MODULE}`;
const ENTRY = fileURLToPath(new URL("../workers/wasi/node-thread.ts", import.meta.url));

export function wasiThread(): Plugin {
  let script: Promise<string> | undefined;
  return {
    name: "tabnix-wasi-thread",
    resolveId: (id) => (id === MODULE ? RESOLVED : undefined),
    async load(id) {
      if (id !== RESOLVED) return undefined;
      script ??= bundleThread(ENTRY);
      return `export const script = ${JSON.stringify(await script)};`;
    },
  };
}
