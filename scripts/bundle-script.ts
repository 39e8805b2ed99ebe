/** Bundles a classic script in one file: where modules do not go, or would have to be let in (CORS). */
import { build, type Plugin } from "vite";

/** Every browser that has what Tabnix needs. */
const TARGET = "es2022";

/** @returns its code */
export async function bundleScript(entry: string, plugins: Plugin[] = []): Promise<string> {
  const output = await build({
    configFile: false,
    logLevel: "warn",
    plugins,
    publicDir: false,
    build: {
      write: false,
      target: TARGET,
      modulePreload: false,
      rolldownOptions: { input: entry, output: { format: "iife" } },
    },
  });
  const [built] = [output].flat();
  const chunk = built && "output" in built ? built.output[0] : undefined;
  if (!chunk) throw new Error(`${entry} could not be bundled`);
  return chunk.code;
}
