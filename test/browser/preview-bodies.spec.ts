/** Previews of a real server: large bodies, and links from elsewhere. What of it isolation changes is in preview.spec.ts. */
import { expect } from "@playwright/test";
import { openServer } from "./support/guest-server.ts";
import { test } from "./support/scripted-page.ts";

const MIB = 1024 * 1024;

test("large bodies go both ways", async ({ page }) => {
  const frame = await openServer(page, 8000);
  const body = frame.locator("body");
  const count = 32;
  const downloaded = await body.evaluate(async (_, count) => {
    const response = await fetch(`/zeros/${count}`);
    let length = 0;
    const reader = response.body!.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      length += part.value.length;
    }
    return length;
  }, count);
  expect(downloaded).toBe(count * 65_536);
  const uploaded = await body.evaluate(async (_, length) => {
    const body = new Blob([new Uint8Array(length)]);
    return (await fetch("/upload", { method: "POST", body })).text();
  }, 2 * MIB);
  expect(uploaded).toBe(String(2 * MIB));
});

test("a link from elsewhere opens on a cold load, and without the machine says what to do", async ({
  page,
  context,
}) => {
  const deep = "./preview/python/8000/second?x";
  const cold = await context.newPage();
  await cold.goto(deep);
  await expect(cold.getByRole("heading")).toHaveText("This machine is not running");
  await openServer(page, 8000);
  await cold.getByRole("link", { name: "Try again" }).click();
  await expect(cold.locator("#at")).toHaveText("/second?x");
  // The worker may end at any time.
  const devtools = await context.newCDPSession(page);
  await devtools.send("ServiceWorker.enable");
  await devtools.send("ServiceWorker.stopAllWorkers");
  await cold.reload();
  await expect(cold.locator("#at")).toHaveText("/second?x");
  expect(await cold.evaluate(() => window.opener)).toBeNull();
});
