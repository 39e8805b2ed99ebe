/**
 * `npm run stress [-- --kills N] [-- --race MINUTES]`: kills the browser again and again while the guest
 * writes; lets tabs race for one disk. `--seed S` repeats a run's events, `--indexeddb` takes the origin
 * private file system away.
 */
import { parseArgs } from "node:util";
import { findChromium } from "./lib/browser.mjs";
import { runOrFail, typescript } from "./lib/child.mjs";
import { Failure, main } from "./lib/main.mjs";
import { buildImages, prepare } from "./lib/setup.mjs";
import { buildSite } from "./lib/site.mjs";

const HINT = "The options are --kills <number>, --race <minutes>, --seed <number> and --indexeddb.";

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        kills: { type: "string" },
        race: { type: "string" },
        seed: { type: "string" },
        indexeddb: { type: "boolean", default: false },
      },
    });
    for (const [name, value] of Object.entries(values)) {
      if (typeof value === "string" && !(Number(value) >= 0)) {
        throw new Error(`--${name} takes a number, not "${value}".`);
      }
    }
    return values;
  } catch (error) {
    throw new Failure(error instanceof Error ? error.message : String(error), HINT);
  }
}

await main(async () => {
  const { kills, race, seed, indexeddb } = readOptions();
  await prepare();
  await buildImages(["tiny"]);
  await buildSite();
  const env = { TABNIX_CHROMIUM: await findChromium() };
  const common = [
    ...(seed === undefined ? [] : ["--seed", seed]),
    ...(indexeddb ? ["--indexeddb"] : []),
  ];
  if (kills !== undefined || race === undefined) {
    const args = ["--kills", kills ?? "200", ...common];
    await runOrFail(process.execPath, typescript("test/stress/kill.ts", args), { env });
  }
  if (race !== undefined) {
    const args = ["--race", race, ...common];
    await runOrFail(process.execPath, typescript("test/stress/race.ts", args), { env });
  }
});
