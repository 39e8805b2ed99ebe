import type { Page } from "@playwright/test";
import type { TerminalHost } from "../../src/terminal/terminal-view.ts";
import { expect, NO_EVENTS } from "./support/engines.ts";
import { terminalText, test } from "./support/scripted-page.ts";
import { Shell } from "./support/shell.ts";

function openTiny(page: Page): Promise<Shell> {
  return Shell.open(page, "tiny");
}

test("commands run, Ctrl+C stops one, and the window's size is the terminal's", async ({
  page,
}) => {
  const shell = await openTiny(page);
  expect(await shell.output("echo $((6 * 7)) é日本")).toBe("42 é日本");
  await shell.type("clear; cat");
  await expect.poll(() => terminalText(page)).toBe("");
  await shell.type("typed");
  await expect.poll(() => terminalText(page)).toBe("typed\ntyped");
  await page.keyboard.press("Control+c");
  await shell.prompt();
  expect(await shell.lastStatus()).toBe(130);
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
    expect(await shell.output("stty size")).toBe(await size());
  }).toPass();
});

test("two shells of one machine; one ends and comes back", async ({ page }) => {
  const shell = await openTiny(page);
  await shell.output("echo from the first > /tmp/note");
  await page.keyboard.press("Control+Shift+Enter");
  await shell.prompt();
  expect(await shell.output("cat /tmp/note")).toBe("from the first");
  await shell.type("exit 7");
  await expect.poll(() => terminalText(page)).toContain("[process ended with status 7 — press");
  await page.keyboard.press("Enter");
  await shell.prompt();
  await expect(page.getByRole("tab")).toHaveCount(2);
});

test("reboot, power off and start keep the files", async ({ page }) => {
  const shell = await openTiny(page);
  await shell.output("echo kept > /root/note");
  await shell.type("reboot");
  await expect(page.getByRole("status")).toHaveText("Booting Linux");
  await shell.prompt();
  expect(await shell.output("cat /root/note")).toBe("kept");
  await page.getByRole("button", { name: "Menu", exact: true }).click();
  await page.getByRole("menuitem", { name: "Power off" }).click();
  await expect(page.getByRole("heading")).toHaveText("The machine is off");
  await page.getByRole("button", { name: "Start" }).click();
  await shell.prompt();
  expect(await shell.output("cat /root/note")).toBe("kept");
});

test("who leaves the page and comes back finds the files", async ({ page }) => {
  const shell = await openTiny(page);
  await shell.output("echo kept > /root/note && sync /root/note");
  await page.goto("./icon.svg");
  await page.goBack();
  await shell.prompt();
  expect(await shell.output("cat /root/note")).toBe("kept");
  await page.goto("./?image=tiny&another");
  await shell.prompt();
  expect(await shell.output("cat /root/note")).toBe("kept");
});

test("the page asks no other server for anything", async ({ page, baseURL, browserName }) => {
  test.skip(browserName === "webkit", NO_EVENTS);
  const origins = new Set<string>();
  page.on("request", (request) => origins.add(new URL(request.url()).origin));
  await openTiny(page);
  expect([...origins]).toEqual([new URL(baseURL ?? "").origin]);
});
