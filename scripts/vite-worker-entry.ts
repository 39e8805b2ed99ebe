/** Vite plugin: the script that a worker starts with is not imported by its other parts. */
import type { Plugin } from "vite";

/**
 * What a worker's script shares with parts that it loads later goes into a file of its own. Vite leaves it
 * in the script, and WebKit runs the script of a worker a second time when a part imports it: the worker
 * then has two of everything, and the empty second answers.
 */
export function workerEntry(): Plugin {
  return {
    name: "tabnix-worker-entry",
    options: (options) => ({ ...options, preserveEntrySignatures: "strict" }),
    outputOptions: (options) => ({
      ...options,
      // Some hosts leave out files whose names begin with an underscore.
      chunkFileNames: ({ name }) => `assets/${name.replace(/^_+/, "")}-[hash].js`,
    }),
  };
}
