/** Scripts for threads of Node, in one text each: a thread finds no modules beside a bundle or a TypeScript file. */
import { build } from "vite";

/** A file with all that it imports as one script, for `new Worker(script, { eval: true })`. */
export async function bundleThread(entry: string): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: "error",
    publicDir: false,
    build: {
      write: false,
      lib: { entry, formats: ["cjs"] },
      rolldownOptions: { external: ["node:worker_threads"] },
    },
  });
  const [output] = [result].flat();
  if (!output || !("output" in output)) throw new Error(`${entry} could not be bundled`);
  return output.output[0].code;
}
