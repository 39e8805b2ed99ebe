/** A server of Python in the guest, opened in the preview's pane. */
import { readFileSync } from "node:fs";
import { expect, type FrameLocator, type Page } from "@playwright/test";
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

/** Opens a port by the notice that tells of it. */
export async function openPort(page: Page, port: number): Promise<void> {
  const notice = page.locator(".notice", { hasText: `Port ${port} is open.` });
  await notice.getByRole("button", { name: "Open" }).click();
}
