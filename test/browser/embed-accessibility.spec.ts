/** A machine in a frame: it obeys the rules for accessible pages, and the keyboard gets out of it. */
import { expect, type Page } from "@playwright/test";
import { colorViolations, violations } from "./support/axe.ts";
import { test } from "./support/hosted-page.ts";
import { textOf } from "./support/scripted-page.ts";
import type { StaticHost } from "./support/static-host.ts";

// Colours on their way from one to another would be neither.
test.use({ contextOptions: { reducedMotion: "reduce" } });

/** Shows a frame between two buttons. */
async function openFrame(page: Page, host: StaticHost): Promise<void> {
  const address = `${host.url}around.html`;
  // The page is not loaded again to be isolated.
  host.headers = { "cross-origin-embedder-policy": "unsafe-none" };
  const body = `<!doctype html><html lang="en"><title>A lesson</title><main><h1>A lesson</h1>
    <button>Before</button>
    <iframe src="embed.html?image=tiny&run=clear" title="A machine" width="600" height="300"></iframe>
    <button>After</button></main></html>`;
  await page.route(address, (route) => route.fulfill({ contentType: "text/html", body }));
  await page.goto(address);
}

test("a frame breaks no rule, neither before its machine starts nor then", async ({
  page,
  host,
}) => {
  await openFrame(page, host);
  const frame = page.locator("iframe").contentFrame();
  await expect(frame.getByRole("button", { name: "Start" })).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await page.emulateMedia({ colorScheme: "dark" });
  expect(await colorViolations(page)).toEqual([]);
  await frame.getByRole("button", { name: "Start" }).click();
  await expect.poll(() => textOf(frame.locator(".terminal-host"))).toBe("root@tabnix:~#");
  expect(await violations(page)).toEqual([]);
});

test("the keyboard reaches what lets a screen reader have the output", async ({ page, host }) => {
  await openFrame(page, host);
  const frame = page.locator("iframe").contentFrame();
  await frame.getByRole("button", { name: "Start" }).click();
  await expect.poll(() => textOf(frame.locator(".terminal-host"))).toBe("root@tabnix:~#");
  await page.keyboard.press("Control+Shift+X");
  await page.keyboard.press("Shift+Tab");
  const reader = frame.getByRole("button", { name: "Screen reader mode" });
  await expect(reader).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(reader).toHaveAttribute("aria-pressed", "true");
  await expect(frame.getByRole("list").getByRole("listitem").first()).toHaveText("root@tabnix:~#");
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press("Tab");
  await page.keyboard.type("echo read $((6 * 7))\n");
  const items = frame.getByRole("list").getByRole("listitem");
  await expect(items.filter({ hasText: /^read 42$/ })).toHaveCount(1);
});

test("Tab is the shell's, and after the way out it leads back to the page around", async ({
  page,
  host,
}) => {
  await openFrame(page, host);
  const frame = page.locator("iframe").contentFrame();
  const start = frame.getByRole("button", { name: "Start" });
  await expect(start).toBeVisible();
  await page.getByRole("button", { name: "Before" }).focus();
  await page.keyboard.press("Tab");
  await expect(start).toBeFocused();
  await page.keyboard.press("Enter");
  const terminal = frame.getByRole("textbox", { name: "Terminal input" });
  await expect.poll(() => textOf(frame.locator(".terminal-host"))).toBe("root@tabnix:~#");
  await expect(terminal).toBeFocused();
  await expect(terminal).toHaveAccessibleDescription(/Ctrl\+Shift\+X leaves the terminal/);
  await page.keyboard.press("Tab");
  await expect(terminal).toBeFocused();
  await page.keyboard.press("Control+Shift+X");
  await expect(terminal).not.toBeFocused();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("button", { name: "After" })).toBeFocused();
});
