/** A Firefox that tests can drive: see test/firefox/, where each file says what it is for. */
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  symlinkSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { root } from "./child.mjs";

const SOURCES = join(root, "test/firefox");
/** Beside the program where it is not packed into an application, as on macOS. */
const LIBRARY = "libxul.so";
const DEFAULTS = "defaults";

/**
 * What Playwright needs in its environment to drive a Firefox by WebDriver BiDi. The Firefox is made of links
 * to the one that is installed, and has a configuration of its own.
 *
 * @param {string} program its path
 * @param {string} folder where it may be made; it is small
 */
export function drivenFirefox(program, folder) {
  return {
    TABNIX_FIREFOX: configured(realpathSync(program), join(folder, "firefox")),
    NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ""} --require=${join(SOURCES, "commands.cjs")}`,
  };
}

/**
 * @param {string} program
 * @param {string} folder
 */
function configured(program, folder) {
  const installed = dirname(program);
  if (!existsSync(join(installed, LIBRARY))) return program;
  mkdirSync(folder);
  const name = basename(program);
  for (const entry of readdirSync(installed)) {
    if (entry !== DEFAULTS && entry !== name)
      symlinkSync(join(installed, entry), join(folder, entry));
  }
  // Firefox takes the folder that its program is in for its own.
  copyFileSync(program, join(folder, name));
  cpSync(join(installed, DEFAULTS), join(folder, DEFAULTS), { recursive: true, dereference: true });
  copyFileSync(join(SOURCES, "autoconfig.prefs"), join(folder, DEFAULTS, "pref", "autoconfig.js"));
  copyFileSync(join(SOURCES, "tabnix.cfg"), join(folder, "tabnix.cfg"));
  return join(folder, name);
}
