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

const ROUNDS = 5;
const FILES = 50;

export async function measureReload(url: string): Promise<ReloadFigures> {
  const { page, close } = await openProfile();
  await timeToPrompt(page, url);
  const empty_prompt_ms = await timeToReload(page);
  const write = `for i in $(seq ${FILES}); do dd if=/dev/zero bs=1M count=1 2>/dev/null | tr '\\0' $((i % 10)) > /root/$i; done`;
  await timeToOutput(page, `${write}; sync; echo written`, "written$");
  const again = `dd if=/dev/zero of=/root/more bs=1M count=${FILES} conv=fsync 2>/dev/null`;
  const ms = await timeToOutput(page, `${again}; rm /root/more; sync; echo synchronised`, "sed$");
  const prompt_ms = await timeToReload(page);
  await close();
  return { persist_mb_s: FILES / (ms / 1000), prompt_ms, empty_prompt_ms };
}

async function timeToReload(page: Page): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    await page.reload({ waitUntil: "commit" });
    await waitForPrompt(page);
    times.push(performance.now() - start);
  }
  return median(times);
}
