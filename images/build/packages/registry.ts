/** Which npm registry to ask. No address is written in the repository: npm on this machine knows one. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { TabnixError } from "../../../workers/shared/errors.ts";
import type { Environment } from "../cache.ts";

/** npm answers within a second; one that asks its user something never does. */
const NPM_MILLISECONDS = 30_000;

/**
 * The base address of the registry, without a slash at its end: `$npm_config_registry`, else what
 * `npm config get registry` says.
 *
 * @param askNpm gives npm's answer
 * @throws TabnixError `missing-tool` if npm cannot be asked, `invalid-input` for what is no address
 */
export async function registryAddress(
  environment: Environment = process.env,
  askNpm: (environment: Environment) => Promise<string> = npmRegistry,
): Promise<string> {
  const address = (environment["npm_config_registry"] || (await askNpm(environment))).trim();
  if (/^https?:\/\/./.test(address)) return address.replace(/\/+$/, "");
  throw new TabnixError(
    "invalid-input",
    `npm's registry is not an http or https address: ${address}`,
    "Set npm_config_registry to the address of an npm registry.",
  );
}

async function npmRegistry(environment: Environment): Promise<string> {
  const script = environment["npm_execpath"];
  const ask = ["config", "get", "registry"];
  // Under `npm run` that very npm is asked: there need not be one in the PATH.
  const [program, ...options] = script?.endsWith(".js")
    ? ([process.execPath, script, ...ask] as const)
    : (["npm", ...ask] as const);
  try {
    const { stdout } = await promisify(execFile)(program, options, { timeout: NPM_MILLISECONDS });
    return stdout;
  } catch (error) {
    throw new TabnixError(
      "missing-tool",
      "No npm registry is known: npm_config_registry is not set and npm cannot be asked.",
      "Set npm_config_registry to the address of an npm registry.",
      error,
    );
  }
}

/**
 * Where a registry has the tarball of a version: all of them keep to this.
 *
 * @param name "@scope/name" or "name"
 */
export function tarballAddress(registry: string, name: string, version: string): string {
  const basename = name.slice(name.indexOf("/") + 1);
  return `${registry}/${name}/-/${basename}-${version}.tgz`;
}
