/** Vite plugin: the element `<tab-nix>` as a classic script, under a name that never changes, for pages of other sites. */
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { bundleScript } from "./bundle-script.ts";

const FILE = "tab-nix.js";
const ENTRY = fileURLToPath(new URL("../src/embed/tab-nix/main.ts", import.meta.url));

/** Adds the script to a build, and serves it while developing. */
export function tabNix(): Plugin {
  return {
    name: "tabnix-element",
    async generateBundle() {
      this.emitFile({ type: "asset", fileName: FILE, source: await bundleScript(ENTRY) });
    },
    configureServer(server) {
      const headers = Object.entries(server.config.server.headers ?? {});
      server.middlewares.use(`/${FILE}`, (_request, response, next) => {
        bundleScript(ENTRY).then((code) => {
          for (const [name, value] of headers) if (value) response.setHeader(name, value);
          response.setHeader("Content-Type", "text/javascript");
          response.end(code);
        }, next);
      });
    },
  };
}
