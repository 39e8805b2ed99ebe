/**
 * `npm test`: types, lint, unit tests, browser tests, after setting up what they need. The last
 * line is `N passed, N failed`.
 *
 *   npm test                             everything
 *   npm test -- --unit [Vitest's arguments]
 *   npm test -- --browser [Playwright's arguments]
 */
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findChromium, findFirefox } from "./lib/browser.mjs";
import { root, run } from "./lib/child.mjs";
import { drivenFirefox } from "./lib/firefox.mjs";
import { ChildFailure, Failure, main, step } from "./lib/main.mjs";
import { countPlaywright, countVitest } from "./lib/reports.mjs";
import { buildImages, prepare } from "./lib/setup.mjs";
import { buildSite } from "./lib/site.mjs";
import { drivenWebKit } from "./lib/webkit.mjs";

/** The images that tests start. */
const IMAGES = ["tiny", "base", "python"];

/** Keeps docs/browsers.md. */
const MATRIX = "./test/browser/support/matrix-reporter.ts";

/** Above this an exit status means that a signal ended the command: 128 + its number. */
const SIGNALLED = 128;

await main(async () => {
  const [only, ...rest] = process.argv.slice(2);
  if (only !== undefined && only !== "--unit" && only !== "--browser") {
    throw new Failure(`"${only}" is not an option.`, "Use --unit or --browser.");
  }
  await prepare();
  const reports = mkdtempSync(join(tmpdir(), "tabnix-test-"));
  try {
    const results = [];
    if (only === undefined) results.push(await types(), await lint());
    await buildImages(IMAGES);
    if (only !== "--browser") results.push(await unitTests(join(reports, "unit.json"), rest));
    if (only !== "--unit") results.push(await browserTests(reports, rest));
    summarise(results);
  } finally {
    rmSync(reports, { recursive: true });
  }
});

/**
 * @typedef {import("./lib/reports.mjs").Count & { name: string, ok: boolean }} Result
 */

/** @returns {Promise<Result>} */
async function types() {
  step("Types");
  const status = await tool("typescript/bin/tsc", ["--noEmit"]);
  return { name: "types", ok: status === 0, passed: 0, failed: 0 };
}

/** @returns {Promise<Result>} */
async function lint() {
  step("Lint");
  const status = await tool("@biomejs/biome/bin/biome", ["check", "."]);
  return { name: "lint", ok: status === 0, passed: 0, failed: 0 };
}

/** @returns {Promise<Result>} */
async function unitTests(/** @type {string} */ report, /** @type {string[]} */ args) {
  step("Unit tests");
  const status = await tool("vitest/vitest.mjs", [
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
    ...args,
  ]);
  return { name: "unit tests", ok: status === 0, ...count(report, countVitest) };
}

/** @returns {Promise<Result>} */
async function browserTests(/** @type {string} */ reports, /** @type {string[]} */ args) {
  const report = join(reports, "browser.json");
  const TABNIX_CHROMIUM = await findChromium();
  const firefox = await findFirefox();
  const webkit = await drivenWebKit();
  await buildSite();
  const missing = [
    ...(firefox ? [] : ["Firefox"]),
    ...("TABNIX_WEBKIT_DRIVER" in webkit ? [] : ["WebKit"]),
  ];
  step(
    missing.length === 0
      ? "Browser tests"
      : `Browser tests, without ${missing.join(" and ")}: there is none on this machine`,
  );
  // What works where is known only of a run of everything.
  const reporters = ["list", "json", ...(args.length === 0 ? [MATRIX] : [])];
  const status = await tool(
    "@playwright/test/cli.js",
    ["test", `--reporter=${reporters}`, ...args],
    {
      TABNIX_CHROMIUM,
      ...(firefox ? drivenFirefox(firefox, reports) : {}),
      ...webkit,
      TABNIX_PORTS: (await freePorts()).join(","),
      PLAYWRIGHT_JSON_OUTPUT_FILE: report,
    },
  );
  return { name: "browser tests", ok: status === 0, ...count(report, countPlaywright) };
}

/**
 * Runs a program of an installed package; a signal that ends it ends the whole run.
 *
 * @param {string} file relative to node_modules
 * @param {string[]} args
 * @param {Record<string, string>} [env]
 */
async function tool(file, args, env) {
  const status = await run(process.execPath, [join(root, "node_modules", file), ...args], { env });
  if (status > SIGNALLED) throw new ChildFailure(status);
  return status;
}

/** A report that was never written is one failure: the runner itself broke. */
function count(/** @type {string} */ file, /** @type {typeof countVitest} */ read) {
  try {
    return read(readFileSync(file, "utf8"));
  } catch {
    return { passed: 0, failed: 1 };
  }
}

/** Two ports that nobody listens on, one for each server of the browser tests. */
async function freePorts() {
  const servers = [createServer(), createServer()];
  for (const server of servers) await once(server.listen(0, "127.0.0.1"), "listening");
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === "object" ? address?.port : undefined;
  });
  for (const server of servers) server.close();
  return ports;
}

function summarise(/** @type {Result[]} */ results) {
  const broken = results.filter(({ ok }) => !ok).map(({ name }) => name);
  if (broken.length > 0) {
    console.log(`\nNot in order: ${broken.join(", ")}.`);
    process.exitCode = 1;
  }
  const sum = (/** @type {"passed" | "failed"} */ key) =>
    results.reduce((total, result) => total + result[key], 0);
  console.log(`${sum("passed")} passed, ${sum("failed")} failed`);
}
