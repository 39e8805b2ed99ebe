/** A server of Python in the guest, opened in the preview's pane. */
import { readFileSync } from "node:fs";
import type { FrameLocator, Page } from "@playwright/test";
import { expect } from "./engines.ts";
import { Shell } from "./shell.ts";

const SERVER = readFileSync(new URL("./guest-server.py", import.meta.url)).toString("base64");

/** Starts guest-server.py in the guest, and opens it in the pane. */
export async function openServer(page: Page, port: number): Promise<FrameLocator> {
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

/** Starts BusyBox' server in the guest, with two pages that lead to each other; its number is in /root/server. */
export async function serveTwoPages(shell: Shell, port: number): Promise<void> {
  await shell.output("mkdir -p /root/www/sub && cd /root/www");
  await shell.output("echo '<h1>one</h1><a href=/sub/two.html>two</a>' > index.html");
  await shell.output("echo '<h1>two</h1><a href=../index.html>one</a>' > sub/two.html");
  await shell.output(`(busybox httpd -f -p ${port} -h /root/www & echo $! > /root/server)`);
}

/** Opens a port by the notice that tells of it. */
export async function openPort(page: Page, port: number): Promise<void> {
  const notice = page.locator(".notice", { hasText: `Port ${port} is open.` });
  await notice.getByRole("button", { name: "Open" }).click();
}
