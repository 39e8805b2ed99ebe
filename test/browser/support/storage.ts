/** Browsers that keep less than Chromium does: to be chosen before the page is opened, or opened again. */
import type { Page } from "@playwright/test";

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
