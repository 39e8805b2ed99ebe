/** The built site, served to the browsers under stress. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Plugin, preview } from "vite";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const IMAGE = "tiny";

export interface Site {
  /** Address of the page on the image for tests. */
  url: string;
  close(): Promise<void>;
}

/** @param withHandles false: the browser is one without files for workers, and has IndexedDB instead */
export async function serveSite(withHandles = true): Promise<Site> {
  const server = await preview({
    root: ROOT,
    logLevel: "error",
    preview: { port: 0 },
    plugins: withHandles ? [] : [withoutHandles()],
  });
  const [address = ""] = server.resolvedUrls?.local ?? [];
  return { url: `${address}?image=${IMAGE}`, close: () => server.close() };
}

/** Takes handles on files away from workers, before their scripts look for them. */
function withoutHandles(): Plugin {
  return {
    name: "without-handles",
    configurePreviewServer(server) {
      server.middlewares.use((request, response, next) => {
        const name = /^\/(assets\/worker-[\w-]+\.js)$/.exec(request.url ?? "")?.[1];
        if (name === undefined) return next();
        readFile(join(ROOT, "dist", name), "utf8").then((script) => {
          response.setHeader("Content-Type", "text/javascript");
          response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
          response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
          response.end(`delete FileSystemFileHandle.prototype.createSyncAccessHandle;\n${script}`);
        }, next);
      });
    },
  };
}
