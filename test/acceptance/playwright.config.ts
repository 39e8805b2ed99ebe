import { defineConfig } from "@playwright/test";
import { CHROMIUM_FLAGS } from "../chromium-flags.ts";

/** Debian's installer in an emulated machine takes minutes. */
const TEST_TIMEOUT_MS = 900_000;
const EXPECT_TIMEOUT_MS = 300_000;
const PORT = 4175;
const executablePath = process.env["TABNIX_CHROMIUM"];

export default defineConfig({
  testDir: ".",
  outputDir: "../../test-results",
  workers: 1,
  timeout: TEST_TIMEOUT_MS,
  expect: { timeout: EXPECT_TIMEOUT_MS },
  reporter: "list",
  use: {
    browserName: "chromium",
    baseURL: `http://127.0.0.1:${PORT}/`,
    screenshot: "only-on-failure",
    launchOptions: { ...(executablePath ? { executablePath } : {}), args: CHROMIUM_FLAGS },
  },
  webServer: {
    command: `node scripts/preview.mjs --port ${PORT} --host 127.0.0.1`,
    cwd: "../..",
    url: `http://127.0.0.1:${PORT}/`,
    env: { TABNIX_ISOLATION: "on" },
    timeout: TEST_TIMEOUT_MS,
  },
});
