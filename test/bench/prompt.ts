/** Measures of the product's own page: from its address to a prompt, to a command, to 10 MB of text. */
import { readFile } from "node:fs/promises";
import type { Browser, Page } from "@playwright/test";
import type { TerminalHost } from "../../src/terminal/terminal-view.ts";
import { openPrivate, openProfile } from "./profiles.ts";
import type { BenchServer } from "./server.ts";

export interface PromptFigures {
  bytes: number;
  restore_ms: number;
  cold_boot_ms: number;
  cold_boot_over_restore: number;
  first_command_ms: number;
}

const ROUNDS = 7;
const CAT_MB = 10;
const CAT_ROUNDS = 3;
const TIMEOUT_MS = 240_000;
const PROMPT = "[#$] ?$";

/** A fresh profile each time: nothing is cached. Both ways in turns, so that they meet the same machine. */
export async function measurePrompt(
  browser: Browser,
  server: BenchServer,
  url: string,
): Promise<PromptFigures> {
  const restores: number[] = [];
  const firsts: number[] = [];
  const colds: number[] = [];
  let bytes = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const restored = await openPrivate(browser);
    const before = server.sentBytes;
    restores.push(await timeToPrompt(restored.page, url));
    bytes = server.sentBytes - before;
    firsts.push(await timeToOutput(restored.page, "ls /", "workspace"));
    await restored.close();
    const booted = await openPrivate(browser);
    colds.push(await timeToPrompt(booted.page, `${url}${url.includes("?") ? "&" : "?"}cold`));
    await booted.close();
  }
  const restore = median(restores);
  const cold = median(colds);
  return {
    bytes,
    restore_ms: restore,
    cold_boot_ms: cold,
    cold_boot_over_restore: cold / restore,
    first_command_ms: median(firsts),
  };
}

export interface TerminalFigures {
  /** Resident memory of the page's process after the measures, with the guest running. */
  memory_bytes: number;
  cat_mb_s: number;
}

export async function measureTerminal(browser: Browser, url: string): Promise<TerminalFigures> {
  const { page, close } = await openPrivate(browser);
  await timeToPrompt(page, url);
  const memory_bytes = await rendererMemory(page);
  await close();
  return { memory_bytes, cat_mb_s: await measureCat(url) };
}

async function measureCat(url: string): Promise<number> {
  const { page, close } = await openProfile();
  await timeToPrompt(page, url);
  const line = "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ tabnix";
  const make = `yes '${line}' | head -c ${CAT_MB * 1_000_000} > /tmp/text`;
  await timeToOutput(page, `${make}; echo made`, "made$");
  // The first time does not count: it compiles the emulator's code for it.
  await timeToOutput(page, "cat /tmp/text; echo; echo first", "first$");
  const times: number[] = [];
  for (let round = 0; round < CAT_ROUNDS; round++) {
    const end = `round ${round}`;
    times.push(await timeToOutput(page, `cat /tmp/text; echo; echo ${end}`, `${end}$`));
  }
  await close();
  return CAT_MB / (median(times) / 1000);
}

export async function timeToPrompt(page: Page, url: string): Promise<number> {
  const start = performance.now();
  await page.goto(url, { waitUntil: "commit" });
  await waitForPrompt(page);
  return performance.now() - start;
}

export async function waitForPrompt(page: Page): Promise<void> {
  await waitForLine(page, PROMPT);
}

/** Types a line; waits for a line of the terminal, other than the typed one, that matches. */
export async function timeToOutput(page: Page, command: string, pattern: string): Promise<number> {
  await page.evaluate(() => {
    document.querySelector<TerminalHost>(".terminal-host")?.terminal.clear();
  });
  const start = performance.now();
  await page.keyboard.insertText(command);
  await page.keyboard.press("Enter");
  await waitForLine(page, `^(?!.*[#$] ).*${pattern}`);
  return performance.now() - start;
}

async function waitForLine(page: Page, pattern: string): Promise<void> {
  await page.waitForFunction(
    (source) => {
      const host = document.querySelector<TerminalHost>(".terminal-host");
      if (!host?.terminal) return false;
      const { active } = host.terminal.buffer;
      const expression = new RegExp(source);
      for (let row = 0; row <= active.cursorY; row++) {
        const line = active.getLine(active.baseY + row)?.translateToString(true) ?? "";
        if (expression.test(line)) return true;
      }
      return false;
    },
    pattern,
    { timeout: TIMEOUT_MS, polling: "raf" },
  );
}

/** Resident bytes of the process that runs the page and its workers; Linux. */
async function rendererMemory(page: Page): Promise<number> {
  const session = await page.context().browser()?.newBrowserCDPSession();
  const info = await session?.send("SystemInfo.getProcessInfo");
  const renderers = info?.processInfo.filter(({ type }) => type === "renderer") ?? [];
  const sizes = await Promise.all(
    renderers.map(async ({ id }) => {
      const status = await readFile(`/proc/${id}/status`, "utf8");
      return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024;
    }),
  );
  return Math.max(...sizes);
}

export function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
