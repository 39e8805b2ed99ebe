/** Finds the WebKit that browser tests drive: WebKitGTK, and a screen for it that nobody sees. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { installPackages, isExecutable, mayInstall, onPath } from "./browser.mjs";
import { Failure } from "./main.mjs";

const PACKAGES = ["webkit2gtk-driver", "xvfb"];
/** Below it, in a folder that is named after the machine's architecture, are the engine and its browser. */
const LIBRARIES = "/usr/lib";
const ENGINE = /^webkit2gtk-4\.\d$/;

/**
 * What the tests need in their environment. Debian's packages are installed when they are not there and this
 * is root on Debian.
 *
 * @returns {Promise<Record<string, string>>} nothing where there is no WebKitGTK: the tests of the other
 *   engines do without
 * @throws {Failure} when the one that is named is no program
 */
export async function drivenWebKit() {
  const found = find();
  if (found || !mayInstall()) return found ?? {};
  await installPackages(...PACKAGES);
  return find() ?? {};
}

function find() {
  const named = process.env.TABNIX_WEBKIT_BROWSER;
  if (named && !isExecutable(named)) {
    throw new Failure(
      `TABNIX_WEBKIT_BROWSER names "${named}", which is not a program.`,
      "Set it to the path of WebKitGTK's MiniBrowser, or unset it.",
    );
  }
  const TABNIX_WEBKIT_BROWSER = named || installed();
  const TABNIX_WEBKIT_DRIVER = onPath(["WebKitWebDriver"]);
  const TABNIX_WEBKIT_SCREEN = onPath(["Xvfb"]);
  return TABNIX_WEBKIT_BROWSER && TABNIX_WEBKIT_DRIVER && TABNIX_WEBKIT_SCREEN
    ? { TABNIX_WEBKIT_BROWSER, TABNIX_WEBKIT_DRIVER, TABNIX_WEBKIT_SCREEN }
    : undefined;
}

/** The newest that is installed. */
function installed() {
  return folders(LIBRARIES)
    .flatMap((name) => folders(join(LIBRARIES, name)).map((engine) => ({ name, engine })))
    .filter(({ engine }) => ENGINE.test(engine))
    .sort((one, other) => one.engine.localeCompare(other.engine))
    .map(({ name, engine }) => join(LIBRARIES, name, engine, "MiniBrowser"))
    .findLast(isExecutable);
}

/** @param {string} path */
function folders(path) {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch {
    return [];
  }
}
