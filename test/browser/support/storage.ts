/** What a page keeps, in browsers that keep less than Chromium does: to be chosen before it is opened, or opened again. */
import type { Page } from "@playwright/test";
import { expect } from "./engines.ts";
import { Shell } from "./shell.ts";

const WORKERS = "**/assets/worker-*.js";
const NO_HANDLES = "delete FileSystemFileHandle.prototype.createSyncAccessHandle;\n";
const NO_DATABASES = `indexedDB.constructor.prototype.open = () => { throw new DOMException("", "SecurityError"); };\n`;

/** Makes the browser one without handles on files in workers. */
export function withoutHandles(page: Page): Promise<void> {
  return inWorkers(page, NO_HANDLES);
}

/** Makes it one without IndexedDB too. */
export function withoutStorage(page: Page): Promise<void> {
  return inWorkers(page, NO_HANDLES + NO_DATABASES);
}

/** Makes it what it is. */
export function withAllStorage(page: Page): Promise<void> {
  return page.unroute(WORKERS);
}

/** Puts a script before that of each worker. */
async function inWorkers(page: Page, script: string): Promise<void> {
  await page.route(WORKERS, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: script + (await response.text()) });
  });
}

/** Loads the page again; what it held in memory is gone. */
export async function reload(page: Page): Promise<Shell> {
  await page.reload();
  const shell = new Shell(page);
  await shell.prompt();
  return shell;
}

/** What the page tells of the storage when asked. */
export async function storageShown(page: Page): Promise<string> {
  await page.locator(".status-bar").click();
  const dialog = page.getByRole("dialog", { name: "This machine" });
  const facts = await dialog.locator("dd").allTextContents();
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  return facts[5] ?? "";
}
