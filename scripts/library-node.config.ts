/** The API as a module for Node. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { wasiThread } from "./vite-wasi-thread.ts";

const fromRoot = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

export default defineConfig({
  root: fromRoot("."),
  plugins: [wasiThread()],
  build: {
    ssr: fromRoot("src/api/node.ts"),
    outDir: fromRoot("library/node"),
    target: "node20",
    copyPublicDir: false,
    rolldownOptions: {
      output: { entryFileNames: "tabnix.js", chunkFileNames: "[name]-[hash].js" },
    },
  },
});
