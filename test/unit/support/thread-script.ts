/** Scripts for threads of Node: a thread under Vitest loads no TypeScript. */
import { fileURLToPath } from "node:url";
import { build } from "vite";

/** A TypeScript file with all that it imports as one script, for `new Worker(script, { eval: true })`. */
export async function threadScript(file: URL): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: "error",
    build: {
      write: false,
      lib: { entry: fileURLToPath(file), formats: ["cjs"] },
      rolldownOptions: { external: ["node:worker_threads"] },
    },
  });
  const [output] = [result].flat();
  if (!output || !("output" in output)) throw new Error("Vite gave no output");
  return output.output[0].code;
}
