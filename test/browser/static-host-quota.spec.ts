/** A browser that has no room for the app. */
import { expect } from "@playwright/test";
import { fact, test, visit } from "./support/hosted-page.ts";

test("a browser without room for the app says so, and the machine runs", async ({ page, host }) => {
  const session = await page.context().newCDPSession(page);
  const { origin } = new URL(host.url);
  await session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 300_000 });
  const shell = await visit(page, host);
  await expect.poll(() => fact(page, "Offline")).toBe("not ready");
  expect(await shell.output("echo $((6 * 7))")).toBe("42");
  await session.send("Storage.overrideQuotaForOrigin", { origin });
  await page.reload();
  await shell.prompt();
  await expect.poll(() => fact(page, "Offline")).toBe("ready");
});
