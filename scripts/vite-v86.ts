/** Vite plugin: v86 without the parts that it only uses under Node. */
import { isBuiltin } from "node:module";
import type { Plugin } from "vite";

/** Its file is named after it, and some hosts leave out files whose names begin with an underscore. */
const EMPTY = "virtual:tabnix-no-node";

/**
 * Node's built-ins, which v86 imports where it finds no browser, become empty modules. Without this a
 * build warns about each of them.
 */
export function v86WithoutNode(): Plugin {
  return {
    name: "tabnix-v86-without-node",
    enforce: "pre",
    resolveId(source, importer) {
      return isBuiltin(source) && importer?.includes("/v86/") ? EMPTY : undefined;
    },
    load(id) {
      return id === EMPTY ? "export {};" : undefined;
    },
  };
}
