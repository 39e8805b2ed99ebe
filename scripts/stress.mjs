/** `npm run stress [-- --kills N]`: kills the browser again and again while the guest writes. */
import { findChromium } from "./lib/browser.mjs";
import { runOrFail, typescript } from "./lib/child.mjs";
import { main } from "./lib/main.mjs";
import { buildImages, prepare } from "./lib/setup.mjs";
import { buildSite } from "./lib/site.mjs";

await main(async () => {
  await prepare();
  await buildImages(["tiny"]);
  await buildSite();
  await runOrFail(process.execPath, typescript("test/stress/kill.ts", process.argv.slice(2)), {
    env: { TABNIX_CHROMIUM: await findChromium() },
  });
});
