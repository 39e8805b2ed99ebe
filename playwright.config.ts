import { defineConfig, type PlaywrightTestConfig } from "@playwright/test";
import type { EngineOptions } from "./test/browser/support/engines.ts";
import { CHROMIUM_FLAGS } from "./test/chromium-flags.ts";

/** Ports of the two servers; `npm test` passes free ones. */
const [isolatedPort, plainPort] = (process.env["TABNIX_PORTS"] ?? "4173,4174").split(",");

/** An emulated machine on a busy computer with two cores needs time; tests wait on conditions. */
const TEST_TIMEOUT_MS = 240_000;
const EXPECT_TIMEOUT_MS = 120_000;

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

/** For browsers that show no preview in the page; the others have preview.spec.ts. */
const PREVIEW_TAB = "preview-tab.spec.ts";

/** What an engine can break; the rest is the same code. */
const FIREFOX_PROJECTS = [
  {
    name: "firefox-isolated",
    testMatch: ["machine.spec.ts", PREVIEW_TAB, "static-host.spec.ts", "wasm.spec.ts"],
    use: { ...FIREFOX, baseURL: ISOLATED },
  },
  {
    name: "firefox-plain",
    testMatch: [PREVIEW_TAB, "wasm.spec.ts"],
    use: { ...FIREFOX, baseURL: PLAIN },
  },
];

/** Debian's, by WebDriver: test/browser/support/engines.ts. */
const WEBKIT = { browserName: "webkit" } satisfies Use;
const WEBKIT_PROJECTS = [
  {
    name: "webkit-isolated",
    testMatch: [
      "files-reload.spec.ts",
      "machine.spec.ts",
      PREVIEW_TAB,
      "static-host.spec.ts",
      "wasm.spec.ts",
    ],
    use: { ...WEBKIT, baseURL: ISOLATED },
  },
  {
    name: "webkit-plain",
    testMatch: ["machine.spec.ts", "wasm.spec.ts"],
    // Nothing lets a program wait there: neither shared memory nor JSPI.
    use: { ...WEBKIT, baseURL: PLAIN, canRunPrograms: false },
  },
];

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
  projects: [
    {
      name: "chromium-isolated",
      testIgnore: PREVIEW_TAB,
      use: { ...CHROMIUM, baseURL: ISOLATED },
    },
    {
      name: "chromium-plain",

      testIgnore: [
        "page-*.spec.ts",
        "terminal-*.spec.ts",
        "file-panel.spec.ts",
        "files.spec.ts",
        "export.spec.ts",
        "damage.spec.ts",
        "debian.spec.ts",
        "examples.spec.ts",
        "lan.spec.ts",
        "preview-bodies.spec.ts",
        PREVIEW_TAB,
        "setup.spec.ts",
        // Have hosts of their own.
        "static-host*.spec.ts",
        "docs.spec.ts",
        "embed.spec.ts",
        "gallery.spec.ts",
        "images.spec.ts",
        // WASIX runs nowhere else; that it says so is in wasm.spec.ts.
        "wasix.spec.ts",
      ],
      use: { ...CHROMIUM, baseURL: PLAIN },
    },
    ...(firefoxPath ? FIREFOX_PROJECTS : []),
    ...(process.env["TABNIX_WEBKIT_DRIVER"] ? WEBKIT_PROJECTS : []),
  ],
  webServer: [server(isolatedPort, "on"), server(plainPort, "off")],
});
