/**
 * Vite plugin: the service worker at the root of the site, under a name that never changes, as a classic
 * script in one file. While developing it is bundled when it is asked for. It carries the script for
 * pages of previews inside, so that both are always of one version, and the list of the site's files, so
 * that a browser takes every change of the site for a new worker. The servers answer deep links to
 * previews as static hosts do: with 404.html.
 */
import { readFile, writeFile } from "node:fs/promises";
import type { OutgoingHttpHeaders } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Connect, Plugin } from "vite";
import type { AppFiles } from "../workers/service/app/app-files.ts";
import { listAppFiles } from "./app-files.ts";
import { bundleScript } from "./bundle-script.ts";

const FILE = "service-worker.js";
/** What is at the top of the site and not kept with the app: itself, images, and what hosts may not give out. */
export const NOT_OF_THE_APP = [FILE, "images", "404.html", "licences.txt", "_headers", ".nojekyll"];
const ENTRY = fileURLToPath(new URL("../workers/service/service-worker.ts", import.meta.url));
const SHIM = fileURLToPath(new URL("../workers/service/shim/shim.ts", import.meta.url));
const SHIM_MODULE = "virtual:tabnix-preview-shim";
const FILES_MODULE = "virtual:tabnix-app-files";
/** While developing, files change under their names. */
const NO_FILES: AppFiles = { version: "", files: [] };

/** Adds the worker to a build, and serves it, and deep links, in both servers. */
export function serviceWorker(): Plugin {
  return {
    name: "tabnix-service-worker",
    // When everything else of the site is written, except the images, which are none of the app's files.
    writeBundle: {
      order: "post",
      sequential: true,
      async handler({ dir }) {
        if (dir === undefined) throw new Error("The site has no folder.");
        const files = await listAppFiles(dir, NOT_OF_THE_APP);
        await writeFile(join(dir, FILE), await bundleServiceWorker(files));
      },
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

/**
 * The worker as a classic script: modules are not workers in every browser.
 *
 * @param files what the site consists of
 */
export async function bundleServiceWorker(files: AppFiles = NO_FILES): Promise<string> {
  const source = await bundleScript(SHIM);
  return bundleScript(ENTRY, [virtual(SHIM_MODULE, { source }), virtual(FILES_MODULE, { files })]);
}

/** A module that exports these values. */
function virtual(name: string, values: Readonly<Record<string, unknown>>): Plugin {
  const resolved = `\0${name}`;
  const code = Object.entries(values).map(
    ([key, value]) => `export const ${key} = ${JSON.stringify(value)};`,
  );
  return {
    name,
    resolveId: (id) => (id === name ? resolved : undefined),
    load: (id) => (id === resolved ? code.join("\n") : undefined),
  };
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
