import { defineConfig } from "vite";
import { engine } from "./scripts/vite-engine.ts";
import { gallery } from "./scripts/vite-gallery.ts";
import { images } from "./scripts/vite-images.ts";
import { licences } from "./scripts/vite-licences.ts";
import { liveDocs } from "./scripts/vite-live-docs.ts";
import { previewOrigin } from "./scripts/vite-preview-origin.ts";
import { serviceWorker } from "./scripts/vite-service-worker.ts";
import { tabNix } from "./scripts/vite-tab-nix.ts";
import { v86WithoutNode } from "./scripts/vite-v86.ts";
import { wasmer } from "./scripts/vite-wasmer.ts";
import { workerEntry } from "./scripts/vite-worker-entry.ts";

/**
 * Headers that isolate the page from other origins, which SharedArrayBuffer and precise clocks need.
 * TABNIX_ISOLATION=off asks for none, and the service worker, which adds them where a host says nothing,
 * leaves it at that.
 */
const isolation =
  process.env["TABNIX_ISOLATION"] === "off"
    ? { "Cross-Origin-Embedder-Policy": "unsafe-none" }
    : {
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Embedder-Policy": "require-corp",
        "Cross-Origin-Resource-Policy": "cross-origin",
      };

const { ofBuild, ofWorkers } = licences();

export default defineConfig({
  // Relative addresses: the built site works under any path.
  base: "./",
  // No fallback to index.html: a file that is missing is a 404, never a page.
  appType: "mpa",
  plugins: [
    engine(),
    images(),
    wasmer(),
    tabNix(),
    ofBuild(),
    gallery(),
    liveDocs(),
    serviceWorker(),
    previewOrigin(),
    v86WithoutNode(),
  ],
  worker: { format: "es", plugins: () => [v86WithoutNode(), workerEntry(), ofWorkers()] },
  // v86 loads its WebAssembly by address, so nothing may become a data: URL.
  build: {
    assetsInlineLimit: 0,
    // The terminal is most of the page, and nothing shows without it.
    chunkSizeWarningLimit: 1024,
    // Copying images is most of a build and no reason for a warning.
    rolldownOptions: {
      checks: { pluginTimings: false },
      input: {
        index: "index.html",
        embed: "embed.html",
        gallery: "gallery.html",
        docs: "docs.html",
        api: "src/api/index.ts",
      },
      output: {
        // Who drives sandboxes from a page of their own imports it by this name.
        entryFileNames: ({ name }) => (name === "api" ? "tabnix.js" : "assets/[name]-[hash].js"),
      },
      preserveEntrySignatures: "exports-only",
    },
  },
  // v86 is one ready-made module: nothing to gain from bundling it first.
  optimizeDeps: { exclude: ["v86"] },
  server: { headers: isolation },
  preview: { headers: isolation },
});
