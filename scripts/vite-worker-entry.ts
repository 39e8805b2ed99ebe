/** Vite plugin for workers: what their scripts must be like, see workers/shared/serve-later.ts. */
import type { Plugin } from "vite";

/** Fails a build in which a worker's script imports a part of it at once, or is imported by one. */
export function workerEntry(): Plugin {
  return {
    name: "tabnix-worker-entry",
    outputOptions: (options) => ({
      ...options,
      // Some hosts leave out files whose names begin with an underscore.
      chunkFileNames: ({ name }) => `assets/${name.replace(/^_+/, "")}-[hash].js`,
    }),
    generateBundle(_, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== "chunk") continue;
        if (chunk.imports.some((file) => isScript(bundle[file]))) {
          this.error(`${chunk.fileName} imports a worker's script`);
        }
        if (chunk.isEntry && chunk.imports.length > 0) {
          this.error(`A worker's script imports ${chunk.imports.join(" and ")}`);
        }
      }
    },
  };
}

function isScript(file: { type: string } | undefined): boolean {
  return file !== undefined && "isEntry" in file && file.isEntry === true;
}
