/** Pages to measure in, each in a browser profile without a past, and in a browser that is at rest. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "@playwright/test";
import { CHROMIUM_FLAGS } from "../chromium-flags.ts";

export interface Profile {
  page: Page;
  close: () => Promise<void>;
}

/** How often the browser is asked whether it rests, in milliseconds. */
const REST_EVERY_MS = 200;
/** Of a second of processor time: as much as the asking takes. */
const REST_CPU_SECONDS = 0.02;

/** A private window. */
export async function openPrivate(browser: Browser): Promise<Profile> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  return { page: await restedPage(context), close: () => context.close() };
}

/**
 * A window of a new profile on the disk. In private ones Chromium keeps a site's files in another
 * process: each read or write of one takes a hundred times as long.
 */
export async function openProfile(): Promise<Profile> {
  const folder = await mkdtemp(join(tmpdir(), "tabnix-profile-"));
  const executablePath = process.env["TABNIX_CHROMIUM"];
  const context = await chromium.launchPersistentContext(folder, {
    args: CHROMIUM_FLAGS,
    viewport: { width: 1280, height: 800 },
    ...(executablePath ? { executablePath } : {}),
  });
  const close = async () => {
    await context.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { page: await restedPage(context), close };
}

/**
 * A new window, when the browser has nothing else to do.
 * For every new window Chromium loads pages of its own, the list below its address bar among them.
 * They take as much of the processor as a restore, and a visitor's window has been open for a while.
 */
export async function restedPage(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  const session = await context.browser()?.newBrowserCDPSession();
  if (!session) throw new Error("this browser does not tell how busy it is");
  const spent = async () => {
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0);
  };
  for (let before = Number.NEGATIVE_INFINITY, now = await spent(); ; now = await spent()) {
    if (now - before < REST_CPU_SECONDS) break;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, REST_EVERY_MS));
  }
  await session.detach();
  return page;
}
