/** Set-ups on real machines. */
import { expect, type Page } from "@playwright/test";
import { packSetup } from "../../src/setup/link.ts";
import { terminalText, test } from "./support/scripted-page.ts";
import { Shell } from "./support/shell.ts";

async function open(page: Page, document: unknown): Promise<void> {
  // Links of one page differ in their fragment only.
  await page.goto("about:blank");
  await page.goto(`./${await packSetup(JSON.stringify(document))}`);
}

/** What the terminal shows, without BusyBox's words at the start, which have its version. */
async function afterBanner(page: Page): Promise<string> {
  return (await terminalText(page)).replace(/^\s*BusyBox .*\n.*\n\n/, "");
}

test("files, variables and commands are there, and nothing is kept", async ({ page }) => {
  const document = {
    title: "Greetings",
    image: "tiny",
    files: {
      "/root/greet": { content: ["#!/bin/sh", 'echo "$GREETING, $1"'], mode: "755" },
      "/etc/greeting.conf": "set-up's\n",
    },
    env: { GREETING: "Grüß dich" },
    run: [
      "./greet you",
      "cat /etc/greeting.conf; cd /etc",
      "pwd && sleep 1",
      "ls -l /root/greet | cut -c 1-10",
    ],
    terminals: ["echo in the $(echo second)"],
  };
  await open(page, document);
  const prompt = "root@tabnix:~#";
  await expect
    .poll(() => afterBanner(page))
    .toBe(
      [
        `${prompt} ./greet you`,
        "Grüß dich, you",
        `${prompt} cat /etc/greeting.conf; cd /etc`,
        "set-up's",
        "root@tabnix:/etc# pwd && sleep 1",
        "/etc",
        "root@tabnix:/etc# ls -l /root/greet | cut -c 1-10",
        "-rwxr-xr-x",
        "root@tabnix:/etc#",
      ].join("\n"),
    );
  await page.getByRole("tab", { name: "Shell 2" }).click();
  await expect
    .poll(() => afterBanner(page))
    .toBe(`${prompt} echo in the $(echo second)\nin the second\n${prompt}`);
  await expect(page.locator(".status-bar")).toContainText("Network off");
  await expect(page.locator(".status-bar")).toContainText("Storage memory, lost on reload");
  const shell = await Shell.open(page, "tiny");
  expect(await shell.output("ls -A /root /etc/greeting.conf 2>&1 | grep greet; echo done")).toBe(
    "ls: /etc/greeting.conf: No such file or directory\ndone",
  );
});

test("a server is shown as soon as it listens, when the visitor has agreed", async ({ page }) => {
  const document = {
    image: "tiny",
    files: { "/root/site/index.html": "<h1>Hello from the set-up</h1>" },
    run: "httpd -f -p 8080 -h site",
    ports: [8080],
  };
  await open(page, document);
  const dialog = page.getByRole("dialog", { name: "Run this set-up?" });
  await dialog.getByRole("button", { name: "Run it" }).click();
  const pane = page.getByRole("complementary", { name: "Preview" });
  await expect(pane.getByLabel("Address in the machine")).toHaveValue("localhost:8080/");
  const heading = page.frameLocator(".preview-frame").getByRole("heading");
  await expect(heading).toHaveText("Hello from the set-up");
});

test("a link cannot lead to a page of a set-up that asked for none", async ({ page, context }) => {
  const document = {
    image: "tiny",
    files: { "/root/index.html": "<h1>It has the site's storage</h1>" },
    run: "httpd -f -p 8080",
  };
  await open(page, document);
  await expect(page.getByText("Port 8080 is open.")).toBeVisible();
  // The service worker is there for whoever has looked at a preview before.
  await page.evaluate(async () => {
    await navigator.serviceWorker.register("./service-worker.js", { type: "classic" });
    await navigator.serviceWorker.ready;
  });
  const other = await context.newPage();
  await other.goto("./preview/tiny/8080/");
  await expect(other.getByRole("heading")).toHaveText("This machine is not running");
  await page.getByRole("button", { name: "Open", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Show it" }).click();
  const heading = page.frameLocator(".preview-frame").getByRole("heading");
  await expect(heading).toHaveText("It has the site's storage");
});
