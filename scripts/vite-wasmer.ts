/**
 * Vite plugin: the Wasmer SDK as files of the site, just as they are in its package, with its licence. The
 * SDK finds its parts by their addresses and starts workers from them, so it cannot be bundled.
 *
 * Only what a browser needs to run programs without a network is there. The rest is left out, above all
 * dist/wisp-network.js, for the package that it needs is under the AGPL.
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";
import type { Plugin } from "vite";

/** `import { url } from "virtual:tabnix-wasmer"` gives the address of the main script. */
const MODULE = "virtual:tabnix-wasmer";
const RESOLVED = `\0${MODULE}`;
const MAIN = "dist/index.js";
/** Names that exist in this version: another may need others. */
const VERSION = "0.16.0";
const SNIPPETS = "pkg/snippets/wasmer-napi-4dc421676e010b84";
const FILES = [
  "LICENSE",
  MAIN,
  "dist/browser-worker.js",
  "dist/capi-worker-bridge.js",
  "dist/host-filesystem.js",
  "dist/node-compat.js",
  "dist/node-network-rpc.js",
  "pkg/wasmer_sdk_js.js",
  "pkg/wasmer_sdk_js_bg.wasm",
  `${SNIPPETS}/acorn.LICENSE`,
  `${SNIPPETS}/acorn.mjs`,
  `${SNIPPETS}/inline0.js`,
];
const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};
/** Where the files are on the site; the version is in the address because they may be kept for ever. */
const FOLDER = `wasmer-${VERSION}`;

/** Has the place of {@link wasmer} in a build without the SDK: programs that need it are refused. */
export function withoutWasmer(): Plugin {
  return {
    name: "tabnix-without-wasmer",
    resolveId: (id) => (id === MODULE ? RESOLVED : undefined),
    load: (id) => (id === RESOLVED ? "export const url = undefined;" : undefined),
  };
}

/** Adds the files to a build, and serves them while developing. */
export function wasmer(): Plugin {
  let building = false;
  return {
    name: "tabnix-wasmer",
    configResolved({ command }) {
      building = command === "build";
    },
    resolveId: (id) => (id === MODULE ? RESOLVED : undefined),
    async load(id) {
      if (id !== RESOLVED) return undefined;
      const fileName = `${FOLDER}/${MAIN}`;
      if (!building) return `export const url = ${JSON.stringify(`/${fileName}`)};`;
      const source = await readFile(join(packageFolder(), MAIN));
      // Found from the script, which pages at other addresses may load too.
      const file = this.emitFile({ type: "asset", fileName, source });
      return `export const url = import.meta.ROLLUP_FILE_URL_${file};`;
    },
    async generateBundle() {
      await checkVersion();
      for (const name of FILES.filter((one) => one !== MAIN)) {
        const source = await readFile(join(packageFolder(), name));
        this.emitFile({ type: "asset", fileName: `${FOLDER}/${name}`, source });
      }
    },
    configureServer(server) {
      const headers = Object.entries(server.config.server.headers ?? {});
      server.middlewares.use(`/${FOLDER}`, (request, response, next) => {
        const name = request.url?.split("?", 1)[0]?.slice(1) ?? "";
        if (!FILES.includes(name)) return next();
        readFile(join(packageFolder(), name)).then((bytes) => {
          for (const [header, value] of headers) if (value) response.setHeader(header, value);
          response.setHeader("Content-Type", TYPES[extname(name)] ?? "text/plain");
          response.end(bytes);
        }, next);
      });
    },
  };
}

/** @throws Error when another version is installed than the one whose files are listed here */
async function checkVersion(): Promise<void> {
  const text = await readFile(join(packageFolder(), "package.json"), "utf8");
  const { version } = JSON.parse(text) as { version: string };
  if (version !== VERSION)
    throw new Error(`@wasmer/sdk is ${version}, not ${VERSION}: see ${MODULE}`);
}

function packageFolder(): string {
  return dirname(dirname(createRequire(import.meta.url).resolve("@wasmer/sdk")));
}
