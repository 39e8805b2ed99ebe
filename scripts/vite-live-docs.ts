/** Vite plugin: docs.html with its live examples, which are in src/site/live/. */
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { withLiveExamples } from "./site/live-examples.ts";

const PAGE = "/docs.html";
const FOLDER = fileURLToPath(new URL("../src/site/live/", import.meta.url));
/** The module that a build writes under this name, for examples that import it while developing. */
const MODULE = "/tabnix.js";
const SOURCE = 'export * from "/src/api/index.ts";';

/** @throws Error, when the page is built or asked for, if an example is missing */
export function liveDocs(): Plugin {
  return {
    name: "tabnix-live-docs",
    transformIndexHtml: {
      // When Vite is done with the page: what runs is what is shown, scripts too.
      order: "post",
      handler: (page, { path }) => (path === PAGE ? withLiveExamples(page, FOLDER) : page),
    },
    configureServer(server) {
      const headers = Object.entries(server.config.server.headers ?? {});
      server.middlewares.use(MODULE, (_request, response) => {
        for (const [name, value] of headers) if (value) response.setHeader(name, value);
        response.setHeader("Content-Type", "text/javascript");
        response.end(SOURCE);
      });
    },
  };
}
