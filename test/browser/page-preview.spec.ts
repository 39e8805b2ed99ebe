import { expect } from "@playwright/test";
import { test } from "./support/scripted-page.ts";

test("a server that begins to listen is told of, and opens in the pane", async ({
  page,
  openScripted,
}) => {
  await openScripted();
  await page.keyboard.type("ports 8080 3000\r");
  const notices = page.getByRole("region", { name: "Notices" });
  await expect(notices.getByText("Port 8080 is open.")).toBeVisible();
  await expect(page.locator(".status-bar")).toContainText("Ports 8080, 3000 open");
  await notices.getByRole("button", { name: "Open" }).first().click();
  const pane = page.getByRole("complementary", { name: "Preview" });
  await expect(pane.getByLabel("Address in the machine")).toHaveValue("localhost:8080/");
  await expect(pane.getByRole("button", { name: "Port 3000" })).toBeVisible();
  await expect(notices.getByText(/^Port/)).toHaveCount(0);
  // The test's page has no service worker beside it.
  await expect(notices.getByText(/^Previews cannot be shown/)).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(pane).toHaveCount(0);
  await expect(page.locator(".terminal-host textarea")).toBeFocused();
});

test("an address of somewhere else is refused, and one without a port is the server's that is shown", async ({
  page,
  openScripted,
}) => {
  await openScripted();
  await page.keyboard.type("ports 8080\r");
  await page.getByRole("button", { name: "Preview", exact: true }).click();
  const address = page.getByLabel("Address in the machine");
  await expect(address).toHaveValue("localhost:8080/");
  await address.fill("https://example.com/");
  await address.press("Enter");
  await expect(address).toHaveJSProperty(
    "validationMessage",
    "Type an address of the machine, such as localhost:8080/.",
  );
  await address.fill("/other?x");
  await address.press("Enter");
  await expect(address).toHaveValue("localhost:8080/other?x");
});

test("the pane is made wider by keys, and says what previews share", async ({
  page,
  openScripted,
}) => {
  await openScripted();
  await page.getByRole("button", { name: "Preview", exact: true }).click();
  const pane = page.getByRole("complementary", { name: "Preview" });
  await expect(pane).toContainText("No server listens in the machine.");
  const width = () => pane.evaluate((element) => element.getBoundingClientRect().width);
  const before = await width();
  await page.getByRole("separator", { name: "Width of the preview" }).press("ArrowLeft");
  expect(await width()).toBe(Math.round(before + 32));
  await pane.getByRole("button", { name: "More" }).click();
  await expect(page.getByRole("dialog", { name: "What a preview shares" })).toBeVisible();
});

test("a server that stops is told of no more", async ({ page, openScripted }) => {
  await openScripted();
  const notice = page.getByText("Port 8080 is open.");
  await page.keyboard.type("ports 8080\r");
  await expect(notice).toBeVisible();
  await page.keyboard.type("ports\r");
  await expect(notice).toHaveCount(0);
  await expect(page.locator(".status-bar")).not.toContainText("Port");
});
