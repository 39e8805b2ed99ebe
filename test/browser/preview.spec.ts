/** Servers in the machine, seen from outside: on the real images, as a visitor would. */
import { expect } from "@playwright/test";
import { openPort, openServer, serveTwoPages } from "./support/guest-server.ts";
import { test } from "./support/scripted-page.ts";
import { Shell } from "./support/shell.ts";

const ADDRESS = "Address in the machine";

test("a server of BusyBox is noticed, shown, and missed", async ({ page }) => {
  const shell = await Shell.open(page, "tiny");
  await serveTwoPages(shell, 8080);
  await openPort(page, 8080);
  const frame = page.frameLocator(".preview-frame");
  await expect(frame.getByRole("heading")).toHaveText("one");
  await frame.getByRole("link").click();
  await expect(frame.getByRole("heading")).toHaveText("two");
  await expect(page.getByLabel(ADDRESS)).toHaveValue("localhost:8080/sub/two.html");
  await frame.getByRole("link").click();
  await expect(frame.getByRole("heading")).toHaveText("one");
  await page.getByRole("button", { name: "Back" }).click();
  await expect(frame.getByRole("heading")).toHaveText("two");
  await page.locator(".terminal-host:visible").click();
  await shell.output("kill $(cat /root/server)");
  await expect(page.locator(".status-bar")).not.toContainText("8080");
  await page.getByRole("button", { name: "Reload", exact: true }).click();
  await expect(frame.getByRole("heading")).toHaveText("Nothing listens on port 8080");
});

test("pages do what pages do, and cannot touch the one around them", async ({ page }) => {
  const frame = await openServer(page, 8000);
  const found = () =>
    frame.locator("body").evaluate(() => (window as Window & { found?: object }).found);
  await expect.poll(found).toEqual({
    parent: "SecurityError",
    top: "SecurityError",
    events: ["0", "1", "2"],
  });
  const image = frame.locator("img");
  await expect(image).toHaveJSProperty("complete", true);
  await frame.getByRole("button", { name: "Go" }).click();
  await expect(frame.locator("#at")).toHaveText("/welcome?user=joe");
  await expect(frame.locator("#cookies")).toHaveText("session=1; seen=2");
  expect(await frame.locator("body").evaluate(() => document.cookie)).toBe("seen=2");
  await expect(page.getByLabel(ADDRESS)).toHaveValue("localhost:8000/welcome?user=joe");
});
