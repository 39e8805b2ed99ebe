/**
 * Vite plugin: v86's WebAssembly module as one compressed file. Static hosts compress JavaScript but
 * often not WebAssembly, and this is the largest part of the page: 2.1 MB, 0.3 MB as
 * a zstd frame, which the machine worker unpacks.
 */
import { readFile, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Zstd } from "@hpcc-js/wasm-zstd";
import type { Plugin } from "vite";

/** `import { url, size } from "virtual:tabnix-engine"` gives the file's address and unpacked size. */
const MODULE = "virtual:tabnix-engine";
const RESOLVED = `\0${MODULE}`;
/** No ending that makes hosts send a Content-Encoding, which would unpack it before the worker can. */
const FILE = "v86.wasm.packed";
const ADDRESS = `/@tabnix/${FILE}`;
/** As for snapshots: images/build/store-writer.ts. */
const BEST_LEVEL = 19;

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
      const size = `export const size = ${(await stat(enginePath())).size};`;
      if (!building) return `${size} export const url = ${JSON.stringify(ADDRESS)};`;
      const source = await packedEngine();
      const file = this.emitFile({ type: "asset", name: FILE, source });
      return `${size} export const url = import.meta.ROLLUP_FILE_URL_${file};`;
    },
  };
}

function enginePath(): string {
  return fileURLToPath(import.meta.resolve("v86/build/v86.wasm"));
}

let packed: Promise<Uint8Array> | undefined;

/** Takes seconds, once a process. */
function packedEngine(): Promise<Uint8Array> {
  packed ??= Promise.all([Zstd.load(), readFile(enginePath())]).then(([zstd, bytes]) =>
    zstd.compress(bytes, BEST_LEVEL),
  );
  return packed;
}
