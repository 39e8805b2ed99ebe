import { expect } from "@playwright/test";
import { test } from "./support/scripted-page.ts";

test.use({ colorScheme: "dark" });

test("the theme follows the system until the visitor chooses, and is remembered", async ({
  page,
  openScripted,
}) => {
  await openScripted();
  const html = page.locator("html");
  await expect(html).toHaveAttribute("data-theme", "dark");
  await page.emulateMedia({ colorScheme: "light" });
  await expect(html).toHaveAttribute("data-theme", "light");
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByLabel("Theme").selectOption("Dark");
  await expect(html).toHaveAttribute("data-theme", "dark");
  await expect(page.locator(".terminal-host")).toHaveCSS("background-color", "rgb(14, 19, 24)");
  await page.reload();
  await expect(html).toHaveAttribute("data-theme", "dark");
});

test("screen-reader mode mirrors the output, and is remembered", async ({ page, openScripted }) => {
  await openScripted();
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByLabel("Screen reader").check();
  await page.keyboard.press("Escape");
  await expect(page.locator(".xterm-accessibility-tree")).toContainText("$");
  await page.reload();
  await expect(page.locator(".xterm-accessibility-tree")).toContainText("$");
});

test("the key bar can be shown on a desk", async ({ page, openScripted }) => {
  await openScripted();
  const bar = page.getByRole("toolbar", { name: "Keys" });
  await expect(bar).toBeHidden();
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByLabel("Key bar").selectOption("Always");
  await expect(bar).toBeVisible();
});

test("the page works where storage is blocked", async ({ page, openScripted }) => {
  await page.addInitScript(() => {
    Object.defineProperty(window, "localStorage", {
      get: () => {
        throw new DOMException("blocked", "SecurityError");
      },
    });
  });
  await openScripted();
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByLabel("Theme").selectOption("Light");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
});

test("the status bar tells what runs where, and explains it", async ({ page, openScripted }) => {
  await openScripted();
  const bar = page.locator(".status-bar");
  await expect(bar.locator("span.status-state, span.status-item")).toHaveText([
    "Running",
    "Image base",
    "Memory 128 MiB",
    "Fetched 3.9 MB",
    "Network offline, no relay",
    "Storage memory, lost on reload",
    "Isolation no",
  ]);
  // What is pressed may not be replaced while it is: WebKit would have no click.
  const pressed = await bar
    .locator(".status-name")
    .first()
    .evaluate((name) => {
      const { x, y, width, height } = name.getBoundingClientRect();
      return document.elementFromPoint(x + width / 2, y + height / 2)?.className;
    });
  expect(pressed).toBe("status-bar");
  await bar.click();
  const dialog = page.getByRole("dialog", { name: "This machine" });
  await expect(dialog.locator("dd")).toHaveText([
    "Running",
    "base",
    "128 MiB for the guest",
    "3.9 MB, compressed, since the page was opened",
    "No relay is set: the machine reaches nothing outside of this page. Settings has a place for one.",
    "52.0 kB written, in memory only: files are lost on reload.",
    "No. The server did not send the headers for it. Linux runs all the same, programs with threads do not.",
  ]);
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
});

test("the menu works by keyboard and gives the focus back", async ({ page, openScripted }) => {
  await openScripted();
  const button = page.getByRole("button", { name: "Menu", exact: true });
  await button.press("Enter");
  const items = page.getByRole("menuitem");
  await expect(items).toHaveText([
    "Copy selection",
    "Paste",
    "Save output as HTML",
    "Full screen",
    "Export this machine…",
    "Export with its image…",
    "Import a machine…",
    "Images…",
    "Imported machines…",
    "Examples…",
    "Copy link to this set-up",
    "Reboot",
    "Power off",
    "Restart afresh…",
  ]);
  await expect(items.first()).toBeFocused();
  await page.keyboard.press("End");
  await expect(items.last()).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(button).toBeFocused();
  await expect(items).toHaveCount(0);
});

test("what the terminal holds can be saved with its colours", async ({ page, openScripted }) => {
  await openScripted();
  await page.getByRole("button", { name: "Menu", exact: true }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("menuitem", { name: "Save output as HTML" }).click();
  expect((await download).suggestedFilename()).toBe("terminal.html");
});

test("help lists the shortcuts and the way out of the terminal", async ({ page, openScripted }) => {
  await openScripted();
  await page.keyboard.press("Control+Shift+Slash");
  const rows = page.getByRole("dialog", { name: "Help" }).getByRole("row");
  await expect(rows).toHaveCount(9);
  await expect(rows.filter({ hasText: "Leave the terminal" })).toContainText("Ctrl+Shift+X");
});
