/** The page with ready examples, on a host that sends no headers, below a path. */
import { readdirSync, readFileSync } from "node:fs";
import { expect } from "@playwright/test";
import { colorViolations, violations } from "./support/axe.ts";
import { collectErrors, fact, openBeside, test, visit } from "./support/hosted-page.ts";
import { terminalText } from "./support/scripted-page.ts";

const FOLDER = new URL("../../public/examples/", import.meta.url);

/** What an example's card has to say, as its author has written it. */
function written(file: string) {
  const { title, description, image } = JSON.parse(readFileSync(new URL(file, FOLDER), "utf8"));
  return { file, title, description, image };
}

const EXAMPLES = readdirSync(FOLDER).sort().map(written);

test("every example has a card that opens it, and one that uses nothing of the visitor's starts", async ({
  page,
  host,
}) => {
  const errors = collectErrors(page);
  await openBeside(page, host, "gallery");
  await expect(page.locator(".card")).toHaveCount(EXAMPLES.length);
  for (const [index, { file, title, description, image }] of EXAMPLES.entries()) {
    const card = page.locator(".card").nth(index);
    const link = card.getByRole("heading").getByRole("link", { name: title, exact: true });
    await expect(link).toHaveAttribute("href", `./?setup=examples/${file}`);
    await expect(card.locator("p")).toHaveText(description);
    await expect(card.locator("dd").first()).toHaveText(image);
    const json = card.getByRole("link", { name: file });
    const address = await json.evaluate((element) => (element as HTMLAnchorElement).href);
    expect((await page.request.get(address)).status()).toBe(200);
  }
  const asking = page.locator(".card", { hasText: "web.json" });
  await expect(asking).toContainText("Asks for a preview of its server");
  await expect(page.getByRole("link", { name: "Open a plain shell" })).toHaveAttribute(
    "href",
    "./",
  );
  await page.getByRole("link", { name: "The shell: which pages are read most?" }).press("Enter");
  await expect(page.locator(".panel:not([hidden]) .terminal-host")).toBeVisible();
  await expect.poll(() => terminalText(page)).toContain("\n61.0928 KiB were sent\n");
  expect(errors).toEqual([]);
});

test("the app's menu opens it, without a network too", async ({ page, context, host }) => {
  await visit(page, host);
  await expect.poll(() => fact(page, "Offline")).toBe("ready");
  await host.stop();
  await page.getByRole("button", { name: "Menu", exact: true }).click();
  const opened = context.waitForEvent("page");
  await page.getByRole("menuitem", { name: "Examples…" }).click();
  const gallery = await opened;
  await expect(gallery.locator(".card")).toHaveCount(EXAMPLES.length);
  await expect(gallery.locator(".cards")).toHaveCSS("display", "grid");
  await gallery.getByRole("link", { name: "Try it" }).click();
  await expect(gallery.locator("tab-nix").first()).toBeVisible();
});

test("the page is as light or dark as the visitor has chosen, and fits a phone", async ({
  page,
  host,
}) => {
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 360, height: 640 });
  await page.addInitScript(() => {
    localStorage.setItem("tabnix.settings", JSON.stringify({ theme: "dark" }));
  });
  for (const name of ["gallery", "docs"] as const) {
    await openBeside(page, host, name);
    await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
    await expect(page.locator("body")).toHaveCSS("background-color", "rgb(14, 19, 24)");
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width, name).toBe(360);
  }
});

test("both pages break no rule for accessible pages, light and dark, on a desk and a phone", async ({
  page,
  host,
}) => {
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  for (const name of ["gallery", "docs"] as const) {
    await page.setViewportSize({ width: 1280, height: 720 });
    await openBeside(page, host, name);
    await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
    expect(await violations(page), name).toEqual([]);
    await page.setViewportSize({ width: 360, height: 640 });
    expect(await violations(page), `${name} on a phone`).toEqual([]);
    await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
    expect(await colorViolations(page), `${name}, dark`).toEqual([]);
    await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  }
});
