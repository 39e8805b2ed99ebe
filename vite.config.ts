import { defineConfig } from "vite";
import { images } from "./scripts/vite-images.ts";

/**
 * Headers that isolate the page from other origins, which SharedArrayBuffer and precise clocks need.
 * TABNIX_ISOLATION=off serves without them, as hosts do that cannot set headers.
 */
const isolation =
  process.env["TABNIX_ISOLATION"] === "off"
    ? {}
    : {
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Embedder-Policy": "require-corp",
        "Cross-Origin-Resource-Policy": "same-origin",
      };

export default defineConfig({
  // Relative addresses: the built site works under any path.
  base: "./",
  // No fallback to index.html: a file that is missing is a 404, never a page.
  appType: "mpa",
  plugins: [images()],
  worker: { format: "es" },
  // v86 loads its WebAssembly by address, so nothing may become a data: URL.
  build: { assetsInlineLimit: 0 },
  // v86 is one ready-made module; pre-bundling would only pull in stand-ins for Node's built-ins.
  optimizeDeps: { exclude: ["v86"] },
  server: { headers: isolation },
  preview: { headers: isolation },
});
