/** Servers in the machine, seen from outside: on the real images, as a visitor would. */
import { readFileSync } from "node:fs";
import { expect, type FrameLocator, type Page } from "@playwright/test";
import { test } from "./support/scripted-page.ts";
import { Shell } from "./support/shell.ts";

const SERVER = readFileSync(new URL("./support/guest-server.py", import.meta.url)).toString(
  "base64",
);
const MIB = 1024 * 1024;
const ADDRESS = "Address in the machine";

/** Starts test/browser/support/guest-server.py in the guest, and opens it in the pane. */
async function openServer(page: Page, port: number): Promise<FrameLocator> {
  const shell = await Shell.open(page, "python");
  await shell.output(`echo ${SERVER} | base64 -d > /root/server.py`);
  // The other python3 is WebAssembly, which has no sockets.
  await shell.type(`/usr/bin/python3 /root/server.py ${port} &`);
  await openPort(page, port);
  const frame = page.frameLocator(".preview-frame");
  // Before it is there, the frame's empty document would ask the page's own server.
  await expect(frame.getByRole("heading")).toHaveText("hello");
  return frame;
}

async function openPort(page: Page, port: number): Promise<void> {
  const notice = page.locator(".notice", { hasText: `Port ${port} is open.` });
  await notice.getByRole("button", { name: "Open" }).click();
}

test("a server of BusyBox is noticed, shown, and missed", async ({ page }) => {
  const shell = await Shell.open(page, "tiny");
  await shell.output("mkdir -p /root/www/sub && cd /root/www");
  await shell.output("echo '<h1>one</h1><a href=/sub/two.html>two</a>' > index.html");
  await shell.output("echo '<h1>two</h1><a href=../index.html>one</a>' > sub/two.html");
  await shell.output("(busybox httpd -f -p 8080 -h /root/www & echo $! > /root/server)");
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
  await page.getByRole("button", { name: "Reload" }).click();
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
