/** What must be there before anything runs: Node, packages, images. Each is made when it is missing. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root, run, runOrFail, typescript } from "./child.mjs";
import { Failure, step } from "./main.mjs";

/** The image a visitor gets. */
export const DEFAULT_IMAGE = "base";

/**
 * Checks Node's version and installs the packages of package-lock.json.
 *
 * @throws {Failure}
 */
export async function prepare() {
  checkNode();
  await installPackages();
}

function checkNode() {
  const { engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const needed = engines.node.replace(">=", "");
  if (compareVersions(process.versions.node, needed) < 0) {
    throw new Failure(
      `This is Node ${process.versions.node}; Tabnix needs ${needed} or newer.`,
      "Install it with your system's package manager, or `nvm install 22`.",
    );
  }
}

/**
 * Orders dotted versions such as "20.19" and "20.9.1": negative when `a` is older.
 *
 * @param {string} a
 * @param {string} b
 * @returns {number}
 */
export function compareVersions(a, b) {
  const [left, right] = [a, b].map((version) => version.split(".").map(Number));
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

async function installPackages() {
  // npm writes the second file last, so an interrupted installation counts as missing.
  if (isInstalled(readLock("package-lock.json"), readLock("node_modules/.package-lock.json"))) {
    return;
  }
  step("Installing packages (npm install)");
  // As the lock file says, and without changing it. `npm ci` would refuse a lock file that lacks an
  // optional package for some other system, as one made behind a partial mirror does.
  const options = ["install", "--no-save", "--no-audit", "--no-fund"];
  const npm = process.env.npm_execpath;
  const status = npm?.endsWith(".js")
    ? await run(process.execPath, [npm, ...options], { quiet: true })
    : await run("npm", options, { quiet: true });
  if (status !== 0) {
    throw new Failure(
      "The packages could not be installed.",
      "Check the network and npm's own message above, then run `npm install`.",
    );
  }
}

/**
 * The packages of a lock file of npm, by their folders.
 *
 * @typedef {Record<string, { version?: string, optional?: boolean }>} Packages
 */

/**
 * Whether what is installed is what is asked for. Optional packages are for some systems only.
 *
 * @param {Packages} wanted
 * @param {Packages} installed
 */
export function isInstalled(wanted, installed) {
  return Object.entries(wanted).every(
    ([folder, { version, optional }]) =>
      folder === "" || optional || installed[folder]?.version === version,
  );
}

/**
 * @param {string} file
 * @returns {Packages} nothing when there is no such file
 */
function readLock(file) {
  const path = join(root, file);
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")).packages : {};
}

/**
 * Builds images; what is up to date takes no time.
 *
 * @param {string[]} names
 * @throws {ChildFailure} after the builder has said what is wrong
 */
export async function buildImages(names) {
  step(`Images: ${names.join(", ")}`);
  await runOrFail(process.execPath, typescript("images/build/cli.ts", names), { quiet: true });
}
