import { expect, type Page } from "@playwright/test";
import type { TerminalHost } from "../../src/terminal/terminal-view.ts";
import { terminalText, test } from "./support/scripted-page.ts";

const PROMPT = /root@\S+:~# ?$/;

/** Waits for a prompt at the end of the terminal that is shown. */
async function prompt(page: Page): Promise<void> {
  await expect(page.locator(".panel:not([hidden]) .terminal-host")).toBeVisible();
  await expect.poll(() => terminalText(page)).toMatch(PROMPT);
}

/** Runs a line in the shell; returns what came between it and the next prompt. */
async function run(page: Page, line: string): Promise<string> {
  await page.keyboard.insertText(`clear; ${line}`);
  await page.keyboard.press("Enter");
  await expect.poll(() => terminalText(page)).toMatch(/^(?!.*clear;)[\s\S]*# ?$/);
  return (await terminalText(page)).replace(/\n?[^\n]*$/, "");
}

test.beforeEach(async ({ page }) => {
  await page.goto("./?image=tiny");
  await prompt(page);
});

test("commands run, Ctrl+C stops one, and the window's size is the terminal's", async ({
  page,
}) => {
  expect(await run(page, "echo $((6 * 7)) é日本")).toBe("42 é日本");
  await page.keyboard.insertText("clear; cat");
  await page.keyboard.press("Enter");
  await expect.poll(() => terminalText(page)).toBe("");
  await page.keyboard.press("Control+c");
  await prompt(page);
  await page.keyboard.insertText("status=$?");
  await page.keyboard.press("Enter");
  expect(await run(page, "echo $status")).toBe("130");
  const size = () =>
    page.locator(".terminal-host").evaluate((host) => {
      const { rows, cols } = (host as TerminalHost).terminal;
      return `${rows} ${cols}`;
    });
  const before = await size();
  await page.setViewportSize({ width: 700, height: 500 });
  // The terminal follows its window a frame later.
  await expect.poll(size).not.toBe(before);
  await expect(async () => {
    expect(await run(page, "stty size")).toBe(await size());
  }).toPass();
});

test("two shells of one machine; one ends and comes back", async ({ page }) => {
  await run(page, "echo from the first > /tmp/note");
  await page.keyboard.press("Control+Shift+Enter");
  await prompt(page);
  expect(await run(page, "cat /tmp/note")).toBe("from the first");
  await page.keyboard.insertText("exit 7");
  await page.keyboard.press("Enter");
  await expect.poll(() => terminalText(page)).toContain("[process ended with status 7 — press");
  await page.keyboard.press("Enter");
  await prompt(page);
  await expect(page.getByRole("tab")).toHaveCount(2);
});

test("reboot, power off and start keep the files", async ({ page }) => {
  await run(page, "echo kept > /root/note");
  await page.keyboard.insertText("reboot");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("status")).toHaveText("Booting Linux");
  await prompt(page);
  expect(await run(page, "cat /root/note")).toBe("kept");
  await page.getByRole("button", { name: "Menu", exact: true }).click();
  await page.getByRole("menuitem", { name: "Power off" }).click();
  await expect(page.getByRole("heading")).toHaveText("The machine is off");
  await page.getByRole("button", { name: "Start" }).click();
  await prompt(page);
  expect(await run(page, "cat /root/note")).toBe("kept");
});

test("the page asks no other server for anything", async ({ page, baseURL }) => {
  const origins = new Set<string>();
  page.on("request", (request) => origins.add(new URL(request.url()).origin));
  await page.reload();
  await prompt(page);
  expect([...origins]).toEqual([new URL(baseURL ?? "").origin]);
});
