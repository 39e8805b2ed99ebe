import { expect } from "@playwright/test";
import { test } from "./support/scripted-page.ts";

test("a port is shared from the preview, where a relay is set", async ({ page, openScripted }) => {
  await openScripted();
  await page.keyboard.type("ports 8080\n");
  await page.getByRole("button", { name: "Open", exact: true }).click();
  const pane = page.getByRole("complementary", { name: "Preview" });
  const share = pane.getByRole("button", { name: "Share" });
  await share.click();
  const notices = page.getByRole("region", { name: "Notices" });
  await expect(notices).toContainText("There is no relay to share a port at.");
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByPlaceholder("wss://relay.example/").fill("ws://127.0.0.1:1/wisp/");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Escape");

  await share.click();
  const message = notices.getByText("Port 8080 is public at http://demo.relay.example/");
  await expect(message).toBeVisible();
  await expect(page.locator(".status-bar")).toContainText("8080 public");
  await notices.getByRole("button", { name: "Copy" }).click();
  await expect(message).toBeVisible();
  await notices.getByRole("button", { name: "Stop sharing" }).click();
  await expect(message).toBeHidden();
  await expect(page.locator(".status-bar")).not.toContainText("public");
});
