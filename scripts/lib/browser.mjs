/** Finds browsers for the tests and the benchmark, or gets them. */
import { accessSync, constants, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { root, run } from "./child.mjs";
import { Failure, step } from "./main.mjs";

/** Names on PATH, the best first, and where macOS keeps it. */
const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"];
const FIREFOX_NAMES = ["firefox-esr", "firefox"];
const MACOS = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/**
 * The path of a Chromium: TABNIX_CHROMIUM, the system's, or Playwright's. When there is none:
 * Debian's package if this is root on Debian, else Playwright's download.
 *
 * @returns {Promise<string>}
 * @throws {Failure} when none can be had
 */
export async function findChromium() {
  const named = process.env.TABNIX_CHROMIUM;
  if (named) {
    if (isExecutable(named)) return named;
    throw new Failure(
      `TABNIX_CHROMIUM names "${named}", which is not a program.`,
      "Set it to the path of a Chromium or Chrome, or unset it.",
    );
  }
  return (
    systemChromium() ??
    (await playwrightChromium()) ??
    (await install()) ??
    fail("There is no Chromium on this machine.")
  );
}

/**
 * The path of a Firefox: TABNIX_FIREFOX, or the system's; Debian's package when there is none and this is
 * root on Debian. Playwright's own is another program, older and changed.
 *
 * @returns {Promise<string | undefined>} undefined where there is none: Chromium's tests do without
 * @throws {Failure} when the one that is named is no program
 */
export async function findFirefox() {
  const named = process.env.TABNIX_FIREFOX;
  if (named) {
    if (isExecutable(named)) return named;
    throw new Failure(
      `TABNIX_FIREFOX names "${named}", which is not a program.`,
      "Set it to the path of a Firefox, or unset it.",
    );
  }
  const found = onPath(FIREFOX_NAMES);
  if (found || !mayInstall()) return found;
  await installPackages("firefox-esr");
  return onPath(FIREFOX_NAMES);
}

/** @returns {string | undefined} */
function systemChromium() {
  return onPath(NAMES) ?? (process.platform === "darwin" ? MACOS : []).find(isExecutable);
}

/**
 * The first program of one of these names.
 *
 * @param {string[]} names
 */
export function onPath(names) {
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

/** @returns {Promise<string | undefined>} */
async function playwrightChromium() {
  const { chromium } = await import("@playwright/test");
  const path = chromium.executablePath();
  return isExecutable(path) ? path : undefined;
}

/**
 * Debian's package brings the libraries that a bare machine lacks, which a download does not.
 *
 * @returns {Promise<string | undefined>}
 */
async function install() {
  if (mayInstall()) {
    await installPackages("chromium");
    return systemChromium();
  }
  step("Downloading Playwright's Chromium");
  const cli = join(root, "node_modules/@playwright/test/cli.js");
  await run(process.execPath, [cli, "install", "chromium"], { quiet: true });
  return playwrightChromium();
}

/** Whether this is root on Debian. */
export function mayInstall() {
  return process.getuid?.() === 0 && isDebian();
}

/** @param {string[]} names */
export async function installPackages(...names) {
  step(`Installing Debian's ${names.join(" and ")} (apt-get)`);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const apt = (/** @type {string[]} */ ...args) => run("apt-get", args, { env, quiet: true });
  await apt("update", "-q");
  await apt("install", "-q", "-y", "--no-install-recommends", ...names);
}

/** @returns {never} */
function fail(/** @type {string} */ message) {
  throw new Failure(
    message,
    "Install one (Debian: `apt install chromium`; elsewhere: `npx playwright install chromium`), " +
      "or name one with TABNIX_CHROMIUM.",
  );
}

/** Debian itself: its derivatives may ship an empty package of that name. */
function isDebian() {
  try {
    return /^ID=debian$/m.test(readFileSync("/etc/os-release", "utf8"));
  } catch {
    return false;
  }
}

/** @param {string} path */
export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
