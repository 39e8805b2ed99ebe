/** Web servers that people use, in the guest, seen in the preview. */
import { expect, type FrameLocator, type Page } from "@playwright/test";
import { openPort } from "../browser/support/guest-server.ts";
import { Shell } from "../browser/support/shell.ts";
import { test } from "./support/outside.ts";

/** Starts a server in a folder, its output out of the way, and opens its port in the pane. */
async function open(page: Page, server: string, port: number): Promise<FrameLocator> {
  const shell = await Shell.open(page, "web");
  await shell.output("mkdir -p www/sub && echo text > www/sub/file.txt");
  await shell.output(`(${server} > log 2>&1 &)`);
  await openPort(page, port);
  return page.frameLocator(".preview-frame");
}

test("nginx", async ({ page }) => {
  const frame = await open(page, "nginx", 80);
  await expect(frame.getByRole("heading")).toHaveText("Welcome to nginx!");
  const head = await frame.locator("body").evaluate(async () => {
    const { status, headers } = await fetch("/", { headers: { Range: "bytes=0-14" } });
    return [status, headers.get("server"), headers.get("content-range")];
  });
  expect(head).toEqual([
    206,
    expect.stringMatching(/^nginx/),
    expect.stringMatching(/^bytes 0-14/),
  ]);
});

test("Python's http.server", async ({ page }) => {
  const frame = await open(page, "python3 -m http.server --directory www", 8000);
  await expect(frame.getByRole("heading")).toHaveText("Directory listing for /");
  await frame.getByRole("link", { name: "sub/" }).click();
  await frame.getByRole("link", { name: "file.txt" }).click();
  await expect(frame.locator("body")).toHaveText("text");
});

test("a Node server with server-sent events and a WebSocket", async ({ page }) => {
  const frame = await open(page, "node examples/server.mjs", 3000);
  await expect(frame.getByRole("heading")).toHaveText(/^Node v/);
  await expect(frame.locator("#echo")).toHaveText("Hello from the page, and back from the server");
  await expect(frame.locator("#events")).toHaveText("3");
});

test("a Sinatra application", async ({ page }) => {
  const frame = await open(page, "ruby examples/app.rb", 4567);
  await expect(frame.getByRole("heading")).toHaveText(/^Sinatra \d/);
  await expect(frame.locator("p")).toHaveText("Who are you?");
  await frame.getByRole("textbox").fill("<Ada>");
  await frame.getByRole("button").click();
  await expect(frame.locator("p")).toHaveText("Hello, <Ada>");
});
