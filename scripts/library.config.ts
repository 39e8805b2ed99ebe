/** The API as a module for npm: for pages that bundle it or import it as it is. Images are elsewhere. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { engine } from "./vite-engine.ts";
import { nestedWorkers, plainAddresses } from "./vite-library.ts";
import { licences } from "./vite-licences.ts";
import { v86WithoutNode } from "./vite-v86.ts";
import { withoutWasmer } from "./vite-wasmer.ts";

/** The emulator, the kernel's worker and the machine's. */
const FILES = 3;

const fromRoot = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

const { ofBuild, ofWorkers } = licences();

export default defineConfig({
  root: fromRoot("."),
  base: "./",
  plugins: [engine(), withoutWasmer(), v86WithoutNode(), plainAddresses(FILES), ofBuild()],
  worker: {
    format: "es",
    plugins: () => [v86WithoutNode(), nestedWorkers(), ofWorkers()],
    rolldownOptions: {
      output: { codeSplitting: false, entryFileNames: "worker-[hash].js" },
    },
  },
  build: {
    outDir: fromRoot("library/page"),
    copyPublicDir: false,
    // Whoever bundles it does so themselves.
    minify: false,
    chunkSizeWarningLimit: 2048,
    lib: { entry: { tabnix: fromRoot("src/api/index.ts") }, formats: ["es"] },
    rolldownOptions: {
      checks: { pluginTimings: false },
      output: {
        chunkFileNames: "[name]-[hash].js",
        assetFileNames: "[name]-[hash][extname]",
      },
    },
  },
});
