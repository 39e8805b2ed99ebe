/** The page as a static host gives it out. */
import type { Page } from "@playwright/test";
import { test as base } from "./engines.ts";
import { Shell } from "./shell.ts";
import { StaticHost } from "./static-host.ts";

/** Playwright's test, with a static host that has the built site. */
export const test = base.extend<{ host: StaticHost }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the pattern to find what a fixture uses.
  host: async ({}, use) => {
    const host = await StaticHost.start();
    await use(host);
    await host.stop();
  },
});

/** Opens the smallest machine and waits for its prompt. */
export async function visit(page: Page, host: StaticHost): Promise<Shell> {
  await page.goto(`${host.url}?image=tiny`);
  const shell = new Shell(page);
  await shell.prompt();
  return shell;
}

/** Opens a page that lies beside the app. */
export async function openBeside(page: Page, host: StaticHost, name: "docs" | "gallery") {
  await page.goto(`${host.url}${name}.html`);
  if (name === "gallery") return;
  // It is loaded again for it.
  await page.waitForFunction(() => crossOriginIsolated && document.readyState !== "loading");
}

/** What the status bar says about something; undefined while it says nothing. */
export async function fact(page: Page, name: string): Promise<string | undefined> {
  const items = await page.locator(".status-item").allTextContents();
  return items.find((text) => text.startsWith(`${name} `))?.slice(name.length + 1);
}

/** How often the page was loaded. */
export function countLoads(page: Page): { count: number } {
  const loads = { count: 0 };
  page.on("domcontentloaded", () => {
    loads.count += 1;
  });
  return loads;
}

/** What goes wrong in a page, as it comes: errors that nobody catches, and those on its console. */
export function collectErrors(page: Page): string[] {
  const errors: string[] = [];
  page.on("pageerror", ({ message }) => errors.push(message));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  return errors;
}
