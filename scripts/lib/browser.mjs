/** Finds a Chromium for the browser tests and the benchmark, or gets one. */
import { accessSync, constants, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { root, run } from "./child.mjs";
import { Failure, step } from "./main.mjs";

/** Names on PATH, the best first, and where macOS keeps it. */
const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"];
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

/** @returns {string | undefined} */
function systemChromium() {
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  const candidates = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...candidates, ...(process.platform === "darwin" ? MACOS : [])].find(isExecutable);
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
  if (process.getuid?.() === 0 && isDebian()) {
    step("Installing Debian's chromium (apt-get)");
    const env = { DEBIAN_FRONTEND: "noninteractive" };
    const apt = (/** @type {string[]} */ ...args) => run("apt-get", args, { env, quiet: true });
    await apt("update", "-q");
    await apt("install", "-q", "-y", "--no-install-recommends", "chromium");
    return systemChromium();
  }
  step("Downloading Playwright's Chromium");
  const cli = join(root, "node_modules/@playwright/test/cli.js");
  await run(process.execPath, [cli, "install", "chromium"], { quiet: true });
  return playwrightChromium();
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
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
