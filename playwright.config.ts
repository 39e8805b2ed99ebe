import { readdirSync } from "node:fs";
import { defineConfig, type PlaywrightTestConfig } from "@playwright/test";
import { GROUPS, groupOf, PLACES, type Place } from "./test/browser/coverage.ts";
import type { EngineOptions } from "./test/browser/support/engines.ts";
import { CHROMIUM_FLAGS } from "./test/chromium-flags.ts";

/** Ports of the two servers; `npm test` passes free ones. */
const [isolatedPort, plainPort] = (process.env["TABNIX_PORTS"] ?? "4173,4174").split(",");

/** An emulated machine on a busy computer with two cores needs time; tests wait on conditions. */
const TEST_TIMEOUT_MS = 240_000;
const EXPECT_TIMEOUT_MS = 120_000;

const SPEC = ".spec.ts";

type Use = PlaywrightTestConfig["use"];

/** Two, though each drives several busy threads: half of a start is waiting. 10 minutes, with one 17. */
const WORKERS = 2;

/** Serves the built site, with the headers that isolate it or without. */
function server(port: string | undefined, isolation: "on" | "off") {
  return {
    command: `node scripts/preview.mjs --port ${port} --host 127.0.0.1`,
    url: `http://127.0.0.1:${port}/`,
    env: { TABNIX_ISOLATION: isolation },
    timeout: TEST_TIMEOUT_MS,
  } satisfies PlaywrightTestConfig["webServer"];
}

/** `npm test` names the browser; without it Playwright looks for its own. */
const executablePath = process.env["TABNIX_CHROMIUM"];

const CHROMIUM = {
  browserName: "chromium",
  permissions: ["clipboard-read", "clipboard-write"],
  launchOptions: { ...(executablePath ? { executablePath } : {}), args: CHROMIUM_FLAGS },
} satisfies Use;

const firefoxPath = process.env["TABNIX_FIREFOX"];
const FIREFOX = {
  browserName: "firefox",
  // Not Playwright's own but the real one, by WebDriver BiDi.
  launchOptions: {
    channel: "moz-firefox",
    ...(firefoxPath ? { executablePath: firefoxPath } : {}),
  },
} satisfies Use;

/** The servers with the built site; each engine has a project for each. */
const ISOLATED = `http://127.0.0.1:${isolatedPort}/`;
const PLAIN = `http://127.0.0.1:${plainPort}/`;

/** Debian's, by WebDriver: test/browser/support/engines.ts. */
const WEBKIT = { browserName: "webkit" } satisfies Use;

const USES: Readonly<Record<Place, Partial<EngineOptions> & Use>> = {
  "chromium-isolated": { ...CHROMIUM, baseURL: ISOLATED },
  "chromium-plain": { ...CHROMIUM, baseURL: PLAIN },
  "firefox-isolated": { ...FIREFOX, baseURL: ISOLATED },
  "firefox-plain": { ...FIREFOX, baseURL: PLAIN },
  "webkit-isolated": { ...WEBKIT, baseURL: ISOLATED },
  // Nothing lets a program wait there: neither shared memory nor JSPI.
  "webkit-plain": { ...WEBKIT, baseURL: PLAIN, canRunPrograms: false },
};

/** The engines that are there. */
const ENGINES = [
  "chromium",
  ...(firefoxPath ? ["firefox"] : []),
  ...(process.env["TABNIX_WEBKIT_DRIVER"] ? ["webkit"] : []),
];

for (const name of readdirSync(new URL("test/browser", import.meta.url))) {
  if (name.endsWith(SPEC)) groupOf(name.slice(0, -SPEC.length));
}

export default defineConfig<EngineOptions>({
  testDir: "test/browser",
  outputDir: "test-results",
  workers: WORKERS,
  retries: 0,
  forbidOnly: Boolean(process.env["CI"]),
  timeout: TEST_TIMEOUT_MS,
  expect: { timeout: EXPECT_TIMEOUT_MS },
  reporter: "list",
  use: {
    screenshot: "only-on-failure",
  },
  projects: PLACES.filter((place) => ENGINES.includes(place.split("-", 1)[0]!)).map((place) => ({
    name: place,
    testMatch: GROUPS.filter(({ places }) => places.includes(place)).flatMap(({ specs }) =>
      specs.map((spec) => `**/${spec}${SPEC}`),
    ),
    use: USES[place],
  })),
  webServer: [server(isolatedPort, "on"), server(plainPort, "off")],
});
