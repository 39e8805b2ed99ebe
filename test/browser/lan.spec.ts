/** Two tabs on one network: they find each other, and one notices when the other is closed. */
import { expect, type Locator, type Page } from "@playwright/test";
import { test } from "./support/scripted-page.ts";
import { Shell } from "./support/shell.ts";

const MEGABYTE = 1024 * 1024;

const fact = (page: Page): Locator => page.locator(".status-item:has-text('LAN demo')");

/** Chooses a network in the settings. */
async function join(page: Page, network: string): Promise<void> {
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByLabel("Local network").fill(network);
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
  await page.locator(".panel:not([hidden]) .terminal-host").click();
}

test("two tabs on a network reach each other by name, and one that closes is missed", async ({
  page,
  context,
}) => {
  const first = await Shell.open(page, "tiny");
  await join(page, "demo");
  await expect(fact(page)).toHaveText("LAN demo 1 machine");

  // The choice is kept in this browser: the other tab joins with its prompt.
  const other = await context.newPage();
  await other.goto("./?image=tiny");
  await other.getByRole("button", { name: "Open a fresh copy that is not saved" }).click();
  const second = new Shell(other);
  await second.prompt();
  await expect(fact(other)).toHaveText("LAN demo 2 machines");
  await expect(fact(page)).toHaveText("LAN demo 2 machines");

  expect(
    await second.output("until ip addr | grep -q 10.86.0.3/; do sleep 1; done; hostname"),
  ).toBe("tabnix-3");
  expect(await second.output("ping -c 5 tabnix-2")).toContain("5 packets received");
  await second.output(`head -c ${MEGABYTE} /dev/urandom > sent`);
  const sum = await second.output("md5sum < sent");
  await page.bringToFront();
  // A job of no shell that is left, so that no prompt tells of its end; and BusyBox's nc sends no end of its
  // own input, at which the other would stop, as long as that stays open.
  await first.output(
    "(tail -f /dev/null | (nc -l -p 7000 > received; touch all) &); until netstat -lt | grep -q 7000; do sleep 1; done",
  );
  await other.bringToFront();
  await second.output("nc tabnix-2 7000 < sent");
  await page.bringToFront();
  expect(
    await first.output("until [ -e all ]; do sleep 1; done; wc -c < received; md5sum < received"),
  ).toContain(sum);

  await other.close();
  await expect(fact(page)).toHaveText("LAN demo 1 machine");
  expect((await first.run("ping -c 1 tabnix-3")).status).toBe(1);
  await join(page, "");
  await expect(fact(page)).toHaveCount(0);
});
