/** Servers in the machine where the browser cannot keep a preview apart from the page: in a tab of their own. */
import { expect } from "./support/engines.ts";
import { openPort, serveTwoPages } from "./support/guest-server.ts";
import { test } from "./support/scripted-page.ts";
import { Shell } from "./support/shell.ts";

test("a server is noticed, and opens in a tab that has no way back", async ({ page, context }) => {
  const shell = await Shell.open(page, "tiny");
  await serveTwoPages(shell, 8080);
  await openPort(page, 8080);
  const offer = page.locator(".preview-offer");
  await expect(offer.getByRole("paragraph")).toHaveText(
    "This browser cannot keep a preview apart from this page, so it is not shown inside it. " +
      "A tab of its own has no way back here.",
  );
  await expect(page.locator(".preview-frame")).toHaveCount(0);
  const opened = context.waitForEvent("page");
  await offer.getByRole("button", { name: "Open in a new tab" }).click();
  const tab = await opened;
  const heading = tab.getByRole("heading");
  await expect(heading).toHaveText("one");
  expect(await tab.evaluate(() => window.opener)).toBeNull();
  await tab.getByRole("link").click();
  await expect(heading).toHaveText("two");
  await tab.getByRole("link").click();
  await expect(heading).toHaveText("one");
  await page.bringToFront();
  await page.locator(".panel:not([hidden]) .terminal-host").click();
  await shell.output("kill $(cat /root/server)");
  await tab.reload();
  await expect(heading).toHaveText("Nothing listens on port 8080");
});
