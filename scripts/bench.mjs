/** `npm run bench`: measures a machine in the browser; `--json` prints one object of numbers. */
import { findChromium } from "./lib/browser.mjs";
import { runOrFail, typescript } from "./lib/child.mjs";
import { main } from "./lib/main.mjs";
import { buildImages, DEFAULT_IMAGE, prepare } from "./lib/setup.mjs";

await main(async () => {
  await prepare();
  // The second has WebAssembly tools beside the emulated ones, the third asks least of the processor.
  await buildImages([DEFAULT_IMAGE, "python", "tiny"]);
  await runOrFail(process.execPath, typescript("test/bench/run.ts", process.argv.slice(2)), {
    env: { TABNIX_CHROMIUM: await findChromium() },
  });
});
