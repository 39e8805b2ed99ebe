/** The page: built and served by Vite. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./child.mjs";
import { Failure, step } from "./main.mjs";

/** Builds the static site, images included, into `dist/`. */
export async function buildSite() {
  step("Building the page");
  const { build } = await import("vite");
  await build({ root, logLevel: "warn" });
}

/** Whether there is a built site. */
export function isBuilt() {
  return statSync(join(root, "dist/index.html"), { throwIfNoEntry: false }) !== undefined;
}

/**
 * Reads the options of a server: `--port <number>`, `--host [address]`.
 *
 * @param {string[]} args
 * @returns {{ port?: number, strictPort?: boolean, host?: string | boolean }} for Vite; a port
 *   that was asked for and is taken is an error, not a reason to use another
 * @throws {Failure} on anything else
 */
export function serverOptions(args) {
  // A bare --host means every address.
  const given = args.map((arg, i) =>
    arg === "--host" && (args[i + 1] ?? "-").startsWith("-") ? "--host=0.0.0.0" : arg,
  );
  let values;
  try {
    ({ values } = parseArgs({
      args: given,
      options: { port: { type: "string" }, host: { type: "string" } },
    }));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Failure(message, "The options are --port <number> and --host [address].");
  }
  if (values.port !== undefined && !/^\d{1,5}$/.test(values.port)) {
    throw new Failure(`"${values.port}" is not a port.`, "Use a number, such as --port 8080.");
  }
  return {
    ...(values.port === undefined ? {} : { port: Number(values.port), strictPort: true }),
    ...(values.host === undefined ? {} : { host: values.host }),
  };
}
