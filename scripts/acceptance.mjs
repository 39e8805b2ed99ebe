/**
 * `npm run acceptance [-- Playwright's arguments]`: real servers and clients, in the guest and on this
 * computer's loopback, joined by a relay. They take minutes and a Debian mirror, so `npm test` does without.
 */
import { join } from "node:path";
import { findChromium } from "./lib/browser.mjs";
import { root, runOrFail } from "./lib/child.mjs";
import { main } from "./lib/main.mjs";
import { buildImages, prepare } from "./lib/setup.mjs";
import { buildSite } from "./lib/site.mjs";

await main(async () => {
  await prepare();
  await buildImages(["base", "tiny", "web"]);
  await buildSite();
  const config = join(root, "test/acceptance/playwright.config.ts");
  const playwright = join(root, "node_modules/@playwright/test/cli.js");
  await runOrFail(
    process.execPath,
    [playwright, "test", "--config", config, ...process.argv.slice(2)],
    { env: { TABNIX_CHROMIUM: await findChromium() } },
  );
});
