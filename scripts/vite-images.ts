/**
 * Vite plugin: the built images, which live in the cache outside the repository, appear under
 * `images/` of the page: served from the cache while developing, copied beside the page by a build.
 */
import { createReadStream, type Stats } from "node:fs";
import { stat } from "node:fs/promises";
import type { OutgoingHttpHeaders } from "node:http";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream";
import type { Connect, Plugin } from "vite";
import { cacheFolder } from "../images/build/cache.ts";
import { CATALOGUE } from "../images/format/catalogue.ts";
import { catalogue, copyImages } from "./copy-images.ts";

/** Serves `images/` in the development and preview servers, and adds it to a build. */
export function images(): Plugin {
  let output = "";
  return {
    name: "tabnix-images",
    configResolved(config) {
      output = resolve(config.root, config.build.outDir, "images");
    },
    configureServer(server) {
      const { headers } = server.config.server;
      server.middlewares.use(serveCatalogue(imagesFolder(), headers));
      server.middlewares.use(serveImages(imagesFolder(), headers));
    },
    configurePreviewServer(server) {
      server.middlewares.use(serveImages(output, server.config.preview.headers));
    },
    async writeBundle() {
      const copied = await copyImages(imagesFolder(), output);
      if (copied.length > 0) this.info(`images: ${copied.join(", ")}`);
      else this.warn("no image has been built: `npm run images` builds them");
    },
  };
}

/**
 * The files a page asks for. The repository's own folder `images/` holds source that the
 * development server serves under the same address, so everything else is left to Vite.
 */
const STORED = /^\/images\/(store\/[0-9a-f]{2}\/[0-9a-f]{64}\.zst)$/;
const DOCUMENT = /^\/images\/([a-z0-9][a-z0-9.+-]*\/(?:manifest|sbom\.cdx)\.json|catalogue\.json)$/;

/**
 * Answers requests for stored files, manifests and bills of materials from a folder; what is missing is a 404.
 *
 * @param folder the folder that `images/` stands for
 * @param headers sent with every answer
 */
export function serveImages(
  folder: string,
  headers: OutgoingHttpHeaders | undefined,
): Connect.NextHandleFunction {
  return (request, response, next) => {
    const path = request.url?.split("?", 1)[0] ?? "";
    const stored = STORED.exec(path)?.[1];
    const relative = stored ?? DOCUMENT.exec(path)?.[1];
    if (relative === undefined || (request.method !== "GET" && request.method !== "HEAD")) {
      next();
      return;
    }
    for (const [name, value] of Object.entries(headers ?? {})) {
      if (value !== undefined) response.setHeader(name, value);
    }
    const file = join(folder, relative);
    regularFile(file).then((stats) => {
      if (stats === undefined) {
        response.writeHead(404, { "Content-Type": "text/plain", "Cache-Control": "no-store" });
        response.end("Not found.\n");
        return;
      }
      response.writeHead(200, {
        // Compressed by the image builder and unpacked by the page: no Content-Encoding.
        "Content-Type": stored === undefined ? "application/json" : "application/octet-stream",
        "Content-Length": stats.size,
        // Stored files are named by their hash, so they never change; a manifest may at any time.
        "Cache-Control": stored === undefined ? "no-cache" : "public, max-age=31536000, immutable",
      });
      if (request.method === "HEAD") response.end();
      else pipeline(createReadStream(file), response, () => {});
    }, next);
  };
}

/** Answers requests for the catalogue, which only a build writes, from what the folder has now. */
function serveCatalogue(
  folder: string,
  headers: OutgoingHttpHeaders | undefined,
): Connect.NextHandleFunction {
  return (request, response, next) => {
    if (request.method !== "GET" || request.url?.split("?", 1)[0] !== `/images/${CATALOGUE}`) {
      next();
      return;
    }
    catalogue(folder).then((found) => {
      response.writeHead(200, {
        ...headers,
        "Content-Type": "application/json",
        "Cache-Control": "no-cache",
      });
      response.end(JSON.stringify(found));
    }, next);
  };
}

async function regularFile(path: string): Promise<Stats | undefined> {
  const stats = await stat(path).catch(() => undefined);
  return stats?.isFile() ? stats : undefined;
}

/** Where the image builder puts its images. */
const imagesFolder = () => join(cacheFolder(), "images");
