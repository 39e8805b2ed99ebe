/**
 * Vite plugin: v86's WebAssembly module as one compressed file. Static hosts compress JavaScript but
 * often not WebAssembly, and this is the largest part of the page: 2.1 MB, 0.4 MB compressed. The
 * machine worker unpacks it while it arrives.
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";

/** `import url from "virtual:tabnix-engine"` gives the file's address. */
const MODULE = "virtual:tabnix-engine";
const RESOLVED = `\0${MODULE}`;
/** No ending that makes hosts send a Content-Encoding, which would unpack it before the worker can. */
const FILE = "v86.wasm.packed";
const ADDRESS = `/@tabnix/${FILE}`;
const BEST = { level: 9 };

export function engine(): Plugin {
  let building = false;
  return {
    name: "tabnix-engine",
    configResolved({ command }) {
      building = command === "build";
    },
    configureServer(server) {
      const headers = Object.entries(server.config.server.headers ?? {});
      server.middlewares.use(ADDRESS, (_request, response, next) => {
        packedEngine().then((bytes) => {
          for (const [name, value] of headers) if (value) response.setHeader(name, value);
          response.setHeader("Content-Type", "application/octet-stream");
          response.end(bytes);
        }, next);
      });
    },
    resolveId: (id) => (id === MODULE ? RESOLVED : undefined),
    async load(id) {
      if (id !== RESOLVED) return undefined;
      if (!building) return `export default ${JSON.stringify(ADDRESS)};`;
      const source = await packedEngine();
      const file = this.emitFile({ type: "asset", name: FILE, source });
      return `export default import.meta.ROLLUP_FILE_URL_${file};`;
    },
  };
}

async function packedEngine(): Promise<Uint8Array> {
  const path = fileURLToPath(import.meta.resolve("v86/build/v86.wasm"));
  return gzipSync(await readFile(path), BEST);
}
