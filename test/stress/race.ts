/**
 * `npm run stress -- --race MINUTES [--seed S] [--indexeddb]`: up to three tabs of one browser race for one
 * disk. Whichever has it writes; at random moments tabs take it over, are closed, reloaded, left, crash, are
 * killed or stand still. Whatever a shell reported as synchronised must be there whenever a machine starts.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { StressBrowser } from "./browser.ts";
import { Ledger } from "./ledger.ts";
import { Race } from "./race-events.ts";
import { randomFrom, seedOf } from "./random.ts";
import { serveSite } from "./site.ts";
import { RaceTab } from "./tab.ts";
import { poll } from "./waiting.ts";

/** A machine must have started, and its files been looked through, after so long without either. */
const START_MS = 90_000;
const MINUTE_MS = 60_000;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      race: { type: "string", default: "5" },
      seed: { type: "string" },
      indexeddb: { type: "boolean", default: false },
    },
  });
  const seed = seedOf(values.seed);
  process.stderr.write(`seed ${seed}\n`);
  const site = await serveSite(!values.indexeddb);
  const profile = await mkdtemp(join(tmpdir(), "tabnix-race-"));
  const ledger = new Ledger();
  let browser: StressBrowser | undefined;
  try {
    browser = await StressBrowser.start(profile);
    const race = new Race(browser, site.url, ledger, randomFrom(seed));
    await race.run(Number(values.race) * MINUTE_MS);
    await browser.kill();
    browser = await StressBrowser.start(profile);
    const { looks } = ledger;
    let failure: unknown;
    const onFailure = (error: unknown) => {
      failure ??= error;
    };
    const quiet = { onChecked: () => {}, onReport: () => {} };
    await RaceTab.open(browser, "the last tab", site.url, ledger, { ...quiet, onFailure });
    await poll(
      "the last look",
      async () => failure ?? (ledger.looks > looks || undefined),
      START_MS,
    );
    if (failure) throw failure;
    const { counts } = race;
    process.stdout.write(
      `${[
        `${values.race} minutes (seed ${seed})`,
        ...Object.entries(counts).map(([what, count]) => `${count} ${what}`),
        `${ledger.synchronised} files and ${ledger.knownRecords} records reported as synchronised`,
        `${ledger.looks} looks at ${ledger.checked} files`,
      ].join(", ")}: nothing lost\n`,
    );
  } finally {
    await browser?.kill();
    await site.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

await main();
process.exit();
