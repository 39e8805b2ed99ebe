/** Finds what browser tests need to drive WebKit: WebKitGTK, and a screen for it that nobody sees. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { installPackages, mayInstall, onPath } from "./browser.mjs";

const PACKAGES = ["webkit2gtk-driver", "gjs", "gir1.2-webkit2-4.1", "xvfb"];
/** Below it, in a folder that is named after the machine's architecture, is what gjs knows of the engine. */
const LIBRARIES = "/usr/lib";
const ENGINE = "girepository-1.0/WebKit2-4.1.typelib";

/**
 * What the tests need in their environment. Debian's packages are installed when they are not there and this
 * is root on Debian.
 *
 * @returns {Promise<Record<string, string>>} nothing where there is no WebKitGTK: the tests of the other
 *   engines do without
 */
export async function drivenWebKit() {
  const found = find();
  if (found || !mayInstall()) return found ?? {};
  await installPackages(...PACKAGES);
  return find() ?? {};
}

function find() {
  const TABNIX_WEBKIT_GJS = onPath(["gjs"]);
  const TABNIX_WEBKIT_DRIVER = onPath(["WebKitWebDriver"]);
  const TABNIX_WEBKIT_SCREEN = onPath(["Xvfb"]);
  return hasEngine() && TABNIX_WEBKIT_GJS && TABNIX_WEBKIT_DRIVER && TABNIX_WEBKIT_SCREEN
    ? { TABNIX_WEBKIT_GJS, TABNIX_WEBKIT_DRIVER, TABNIX_WEBKIT_SCREEN }
    : undefined;
}

function hasEngine() {
  try {
    return readdirSync(LIBRARIES).some((name) => existsSync(join(LIBRARIES, name, ENGINE)));
  } catch {
    return false;
  }
}
