/** Measures of saved files: how fast they are made durable, and what they cost the next visit. */
import type { Page } from "@playwright/test";
import { openProfile } from "./profiles.ts";
import { median, timeToOutput, timeToPrompt, waitForPrompt } from "./prompt.ts";

export interface ReloadFigures {
  /** Durable megabytes a second: written, synchronised. */
  persist_mb_s: number;
  /** From a reload to the prompt, with files of 50 MB and without. */
  prompt_ms: number;
  empty_prompt_ms: number;
}

const ROUNDS = 7;
const FILES = 50;

/** Reloads a machine with files and one without in turns, so that a slow minute slows both. */
export async function measureReload(url: string): Promise<ReloadFigures> {
  const [empty, full] = [await openProfile(), await openProfile()];
  for (const { page } of [empty, full]) await timeToPrompt(page, url);
  const write = `for i in $(seq ${FILES}); do dd if=/dev/zero bs=1M count=1 2>/dev/null | tr '\\0' $((i % 10)) > /root/$i; done`;
  await timeToOutput(full.page, `${write}; sync; echo written`, "written$");
  const again = `dd if=/dev/zero of=/root/more bs=1M count=${FILES} conv=fsync 2>/dev/null`;
  const ms = await timeToOutput(
    full.page,
    `${again}; rm /root/more; sync; echo synchronised`,
    "sed$",
  );
  const [emptyTimes, fullTimes]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    emptyTimes.push(await timeToReload(empty.page));
    fullTimes.push(await timeToReload(full.page));
  }
  for (const { close } of [empty, full]) await close();
  return {
    persist_mb_s: FILES / (ms / 1000),
    prompt_ms: median(fullTimes),
    empty_prompt_ms: median(emptyTimes),
  };
}

async function timeToReload(page: Page): Promise<number> {
  const start = performance.now();
  await page.reload({ waitUntil: "commit" });
  await waitForPrompt(page);
  return performance.now() - start;
}
