/** What a page of a preview gets of a web server in the guest. */
import type { Page } from "@playwright/test";
import { timeToOutput, timeToPrompt } from "../prompt.ts";
import { MEGABYTE } from "./outside.ts";

export interface PreviewFigures {
  /** A large file, and how long a small one takes. */
  mb_s: number;
  p50_ms: number;
}

/** BusyBox's server asks least of the guest. */
const PREVIEW_IMAGE = "tiny";
const PREVIEW_PORT = 8080;
const PREVIEW_MB = 10;
const PREVIEW_ROUNDS = 3;
const PREVIEW_REQUESTS = 60;

/** What a page of a preview sees of BusyBox's web server, on a page of Tabnix at its prompt. */
export async function measurePreview(page: Page, origin: string): Promise<PreviewFigures> {
  await timeToPrompt(page, `${origin}?image=${PREVIEW_IMAGE}`);
  const files = `mkdir -p /dev/shm/www; cd /dev/shm/www; head -c ${PREVIEW_MB * MEGABYTE} /dev/zero > large; echo small > small; echo '<title>bench</title>' > index.html; cd`;
  const serve = `httpd -p ${PREVIEW_PORT} -h /dev/shm/www; echo ser""ved`;
  await timeToOutput(page, `${files}; ${serve}`, "served");
  await page
    .locator(".notice", { hasText: "is open" })
    .getByRole("button", { name: "Open" })
    .click();
  await page.frameLocator(".preview-frame").locator("title").waitFor({ state: "attached" });
  const preview = await page.context().newPage();
  await preview.goto(`${origin}preview/${PREVIEW_IMAGE}/${PREVIEW_PORT}/`);
  const figures = await preview.evaluate(
    async ({ requests, rounds }) => {
      const times: number[] = [];
      for (let request = 0; request < requests; request++) {
        const start = performance.now();
        await (await fetch("small")).text();
        times.push(performance.now() - start);
      }
      let best = 0;
      for (let round = 0; round < rounds; round++) {
        const start = performance.now();
        const { byteLength } = await (await fetch("large")).arrayBuffer();
        best = Math.max(best, byteLength / (performance.now() - start));
      }
      times.sort((one, other) => one - other);
      return { mb_s: best / 1000, p50_ms: times[Math.floor(times.length / 2)]! };
    },
    { requests: PREVIEW_REQUESTS, rounds: PREVIEW_ROUNDS },
  );
  await preview.close();
  return figures;
}
