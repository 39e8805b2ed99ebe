/**
 * Vite plugin: the service worker at the root of the site, under a name that never changes, as a classic
 * script in one file. While developing it is bundled when it is asked for. It carries the script for
 * pages of previews inside, so that both are always of one version. The servers answer deep links to
 * previews as static hosts do: with 404.html.
 */
import { readFile } from "node:fs/promises";
import type { OutgoingHttpHeaders } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Connect, type Plugin } from "vite";

const FILE = "service-worker.js";
const ENTRY = fileURLToPath(new URL("../workers/service/service-worker.ts", import.meta.url));
const SHIM = fileURLToPath(new URL("../workers/service/shim/shim.ts", import.meta.url));
const SHIM_MODULE = "virtual:tabnix-preview-shim";
const RESOLVED = `\0${SHIM_MODULE}`;
/** Every browser that has what Tabnix needs. */
const TARGET = "es2022";

/** Adds the worker to a build, and serves it, and deep links, in both servers. */
export function serviceWorker(): Plugin {
  return {
    name: "tabnix-service-worker",
    async generateBundle() {
      this.emitFile({ type: "asset", fileName: FILE, source: await bundleServiceWorker() });
    },
    configureServer(server) {
      const { headers } = server.config.server;
      server.middlewares.use(`/${FILE}`, (_request, response, next) => {
        bundleServiceWorker().then((code) => {
          setHeaders(response, headers);
          response.setHeader("Content-Type", "text/javascript");
          response.setHeader("Cache-Control", "no-cache");
          response.end(code);
        }, next);
      });
      server.middlewares.use("/preview/", deepLinks(server.config.publicDir, headers));
    },
    configurePreviewServer(server) {
      const { root, build: options, preview } = server.config;
      server.middlewares.use("/preview/", deepLinks(join(root, options.outDir), preview.headers));
    },
  };
}

/** The worker as a classic script: modules are not workers in every browser. */
export async function bundleServiceWorker(): Promise<string> {
  const source = await bundle(SHIM, []);
  return bundle(ENTRY, [
    {
      name: "tabnix-preview-shim",
      resolveId: (id) => (id === SHIM_MODULE ? RESOLVED : undefined),
      load: (id) =>
        id === RESOLVED ? `export const source = ${JSON.stringify(source)};` : undefined,
    },
  ]);
}

async function bundle(entry: string, plugins: Plugin[]): Promise<string> {
  const output = await build({
    configFile: false,
    logLevel: "warn",
    plugins,
    publicDir: false,
    build: {
      write: false,
      target: TARGET,
      modulePreload: false,
      rolldownOptions: { input: entry, output: { format: "iife" } },
    },
  });
  const [built] = [output].flat();
  const chunk = built && "output" in built ? built.output[0] : undefined;
  if (!chunk) throw new Error(`${entry} could not be bundled`);
  return chunk.code;
}

/** What is below `preview/` is no file: 404.html starts the worker, which then answers. */
function deepLinks(
  folder: string,
  headers: OutgoingHttpHeaders | undefined,
): Connect.NextHandleFunction {
  return (request, response, next) => {
    if (request.method !== "GET" && request.method !== "HEAD") return next();
    readFile(join(folder, "404.html")).then((page) => {
      setHeaders(response, headers);
      response.statusCode = 404;
      response.setHeader("Content-Type", "text/html");
      response.end(request.method === "HEAD" ? undefined : page);
    }, next);
  };
}

function setHeaders(
  response: Parameters<Connect.NextHandleFunction>[1],
  headers: OutgoingHttpHeaders | undefined,
): void {
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (value !== undefined) response.setHeader(name, value);
  }
}
