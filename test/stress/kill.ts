/**
 * `npm run stress -- --kills N [--seed S]`: kills the browser at random moments while the guest writes and
 * synchronises, N times on the same profile. Each time the machine must start, and everything that was
 * synchronised must be there, whole.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { StressBrowser } from "./browser.ts";
import { Ledger } from "./ledger.ts";
import { randomFrom, seedOf } from "./random.ts";
import { serveSite } from "./site.ts";
import { look } from "./terminal.ts";
import { poll, sleep } from "./waiting.ts";
import { check, SAVED, settle, write } from "./work.ts";

const LONGEST_LIFE_MS = 3000;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      kills: { type: "string", default: "200" },
      seed: { type: "string" },
      indexeddb: { type: "boolean", default: false },
    },
  });
  const seed = seedOf(values.seed);
  const random = randomFrom(seed);
  process.stderr.write(`seed ${seed}\n`);
  const site = await serveSite(!values.indexeddb);
  const profile = await mkdtemp(join(tmpdir(), "tabnix-stress-"));
  const ledger = new Ledger();
  let browser: StressBrowser | undefined;
  let failure: unknown;
  try {
    for (let kills = 0; kills <= Number(values.kills); kills++) {
      browser = await StressBrowser.start(profile);
      const page = await browser.context.newPage();
      await page.exposeFunction("report", (line: string) => {
        try {
          ledger.report(line);
        } catch (error) {
          failure ??= error;
        }
      });
      await page.goto(site.url);
      const screen = await settle(page);
      if (screen.kind !== "prompt") throw new Error(`The machine did not start:\n${screen.text}`);
      await check(page, ledger);
      await poll("saved files", async () => (await look(page)).storage === SAVED || undefined);
      process.stderr.write(
        `${kills} kills, ${ledger.known} files, ${ledger.knownRecords} records\n`,
      );
      await write(page);
      await sleep(random() * LONGEST_LIFE_MS);
      await browser.kill();
      if (failure) throw failure;
    }
    process.stdout.write(
      `${values.kills} kills (seed ${seed}): ${ledger.synchronised} files and ${ledger.knownRecords} records reported as synchronised, ${ledger.checked} files looked at: nothing lost\n`,
    );
  } finally {
    await browser?.kill();
    await site.close();
    await rm(profile, { recursive: true, force: true });
  }
}

await main();
process.exit();
