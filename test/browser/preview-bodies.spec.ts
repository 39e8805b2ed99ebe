/** Previews of a real server: large bodies, and links from elsewhere. What of it isolation changes is in preview.spec.ts. */
import { expect, type Page } from "@playwright/test";
import { openPort } from "./support/guest-server.ts";
import { test } from "./support/scripted-page.ts";
import { Shell } from "./support/shell.ts";

const MIB = 1024 * 1024;
const PORT = 8000;

/** BusyBox's web server: a page, a large file, and a program that counts what it is sent. */
async function serve(page: Page): Promise<void> {
  const shell = await Shell.open(page, "tiny");
  await shell.output("mkdir -p www/cgi-bin && cd www && echo '<h1>hello</h1>' > index.html");
  await shell.output("echo '<p>second</p>' > second.html && head -c 8388608 /dev/zero > zeros");
  await shell.output(
    "printf '#!/bin/sh\\necho\\nhead -c $CONTENT_LENGTH | wc -c' > cgi-bin/count && chmod +x cgi-bin/count",
  );
  await shell.output(`httpd -p ${PORT}`);
}

test("large bodies go both ways", async ({ page }) => {
  await serve(page);
  await openPort(page, PORT);
  const frame = page.frameLocator(".preview-frame");
  // Before it is there, the frame's empty document would ask the page's own server.
  await expect(frame.getByRole("heading")).toHaveText("hello");
  const body = frame.locator("body");
  const downloaded = await body.evaluate(async () => {
    const response = await fetch("/zeros");
    let length = 0;
    const reader = response.body!.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      length += part.value.length;
    }
    return length;
  });
  expect(downloaded).toBe(8 * MIB);
  const uploaded = await body.evaluate(async (_, length) => {
    const body = new Blob([new Uint8Array(length)]);
    return (await fetch("/cgi-bin/count", { method: "POST", body })).text();
  }, MIB);
  expect(uploaded.trim()).toBe(String(MIB));
});

test("a link from elsewhere opens on a cold load, and without the machine says what to do", async ({
  page,
  context,
}) => {
  const deep = `./preview/tiny/${PORT}/second.html?x`;
  const cold = await context.newPage();
  await cold.goto(deep);
  await expect(cold.getByRole("heading")).toHaveText("This machine is not running");
  await serve(page);
  // It is known to the page, and so to the preview, once the notice is there.
  await expect(page.locator(".notice", { hasText: `Port ${PORT} is open.` })).toBeVisible();
  await cold.getByRole("link", { name: "Try again" }).click();
  await expect(cold.getByRole("paragraph")).toHaveText("second");
  // The worker may end at any time.
  const devtools = await context.newCDPSession(page);
  await devtools.send("ServiceWorker.enable");
  await devtools.send("ServiceWorker.stopAllWorkers");
  await cold.reload();
  await expect(cold.getByRole("paragraph")).toHaveText("second");
  expect(await cold.evaluate(() => window.opener)).toBeNull();
});
