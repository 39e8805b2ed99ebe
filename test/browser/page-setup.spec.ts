/** Set-ups on the page: what runs by itself, what is asked about, and what is said when it is wrong. */
import { expect, type Page } from "@playwright/test";
import { packSetup, unpackSetup } from "../../src/setup/link.ts";
import { FilePanel } from "./support/file-panel.ts";
import type { ScriptedComputer } from "./support/scripted-computer.ts";
import { terminalText, test } from "./support/scripted-page.ts";

const OWN = { relay: "wss://own.example/wisp/", relayToken: "secret", lan: "home" };
const SITE = "https://docs.example/course/";

type Scripted = Window & { scripted?: ScriptedComputer };

/** The visitor has a relay and is on a network of tabs. */
test.beforeEach(async ({ page }) => {
  await page.addInitScript((settings) => {
    localStorage.setItem("tabnix.settings", JSON.stringify(settings));
  }, OWN);
});

async function linkTo(scriptedUrl: string, document: unknown): Promise<string> {
  return scriptedUrl + (await packSetup(JSON.stringify(document)));
}

/** What the computer behind the page was made with and told; undefined when there is none. */
function machine(page: Page) {
  return page.evaluate(() => {
    const { scripted } = window as Scripted;
    if (!scripted) return undefined;
    const { imagesUrl: _where, ...options } = scripted.options;
    return { options, network: scripted.network };
  });
}

function contentOf(page: Page, path: string) {
  return page.evaluate(async (from) => {
    const files = (window as Scripted).scripted?.files;
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    for await (const piece of files?.read(from) ?? []) pieces.push(piece);
    return [await new Blob(pieces).text(), (await files?.status(from))?.mode.toString(8)];
  }, path);
}

function drop(page: Page, target: string, name: string, content: string) {
  return page.locator(target).evaluate(
    (element, [file, text]) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([text ?? ""], file ?? ""));
      const event = { dataTransfer, bubbles: true, cancelable: true };
      element.dispatchEvent(new DragEvent("drop", event));
    },
    [name, content],
  );
}

test("a link that keeps to itself runs without a question, and without the visitor's network", async ({
  page,
  scriptedUrl,
}) => {
  const document = {
    title: "Two files",
    description: "They are shown one after the other.",
    image: "tiny",
    files: { "/root/a": "first", "/root/deep/b": { content: ["#!/bin/sh"], mode: "755" } },
    env: { LANG: "C" },
    run: ["cat a", "ls deep"],
    terminals: ["top"],
  };
  await page.goto(await linkTo(scriptedUrl, document));
  await expect.poll(() => terminalText(page)).toBe('$ "cat a\\r"\n$ "ls deep\\r"\n$');
  await expect(page.getByRole("tab")).toHaveText(["Shell 1", "Shell 2"]);
  await expect(page.getByRole("tab", { name: "Shell 1" })).toHaveAttribute("aria-selected", "true");
  await page.getByRole("tab", { name: "Shell 2" }).click();
  await expect.poll(() => terminalText(page)).toBe('$ "top\\r"\n$');
  const notices = page.getByRole("region", { name: "Notices" });
  await expect(notices.locator("p")).toHaveText([
    "Two files",
    "They are shown one after the other.",
  ]);
  expect(await contentOf(page, "/root/a")).toEqual(["first", "644"]);
  expect(await contentOf(page, "/root/deep/b")).toEqual(["#!/bin/sh\n", "755"]);
  expect(await machine(page)).toEqual({
    options: {
      image: "tiny",
      environment: { LANG: "C" },
      files: "unsaved",
      withoutImageRelay: true,
      coldBoot: false,
    },
    network: [{ relay: undefined }],
  });
  await expect(page.locator(".status-bar")).toContainText("Network off");
  // Another setting is no consent.
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByLabel("Local network").fill("office");
  await page.getByLabel("Theme").selectOption("Light");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
  expect((await machine(page))?.network).toEqual([{ relay: undefined }]);
});

test("before the visitor has agreed nothing is started; then it is as the set-up says", async ({
  page,
  scriptedUrl,
}) => {
  const document = {
    title: "A lesson",
    description: "It goes on where you were.",
    files: { "/root/a": "x", "/root/b": { url: `${SITE}b` } },
    env: { LESSON: "2" },
    run: ["apt-get update", "./lesson"],
    ports: [8080],
    network: true,
    persist: true,
  };
  let fetched = 0;
  await page.route(`${SITE}b`, (route) => {
    fetched += 1;
    return route.fulfill({ body: "b", headers: { "Access-Control-Allow-Origin": "*" } });
  });
  await page.goto(await linkTo(scriptedUrl, document));
  const dialog = page.getByRole("dialog", { name: "Run “A lesson”?" });
  await expect(dialog.locator("p")).toHaveText([
    "It goes on where you were.",
    "This set-up is in the link itself. It would use what is not its own:",
    "Run it only if you trust who made it. This is what it does:",
  ]);
  await expect(dialog.getByRole("listitem")).toHaveText([
    "Your saved files: its commands can read, change and delete what this browser keeps of the image.",
    "Your network: the relay and the network of tabs of your settings, or the relay of the image.",
    "The preview: pages of its servers share this site's storage in your browser, where the files of your other machines are.",
    "Files of other sites, which see that you fetch them: docs.example.",
  ]);
  await expect(dialog.locator("dt")).toHaveText([
    "Image",
    "Files",
    "Adds",
    "Variables",
    "Runs",
    "Shows",
  ]);
  await expect(dialog.locator("dd")).toHaveText([
    "base",
    "Your saved ones",
    "/root/a, /root/b",
    "LESSON",
    "apt-get update\n./lesson",
    "Port 8080",
  ]);
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  await expect(page.getByRole("heading")).toHaveText("This set-up has not been started");
  expect([await machine(page), fetched]).toEqual([undefined, 0]);
  await page.getByRole("button", { name: "Look at it again" }).click();
  await dialog.getByRole("button", { name: "Not now" }).click();
  await page.getByRole("button", { name: "Look at it again" }).press("Enter");
  await dialog.getByRole("button", { name: "Run it" }).click();
  await expect.poll(() => terminalText(page)).toBe('$ "apt-get update\\r"\n$ "./lesson\\r"\n$');
  expect(await contentOf(page, "/root/b")).toEqual(["b", "644"]);
  expect(await machine(page)).toEqual({
    options: {
      image: "base",
      environment: { LESSON: "2" },
      files: "saved",
      withoutImageRelay: false,
      coldBoot: false,
    },
    network: [{ relay: { url: OWN.relay, token: OWN.relayToken } }, { lan: "home" }],
  });
});

test("without it: a machine as always, with nothing of the set-up", async ({
  page,
  scriptedUrl,
}) => {
  await page.goto(await linkTo(scriptedUrl, { run: "ls", network: { lan: "class" } }));
  const dialog = page.getByRole("dialog", { name: "Run this set-up?" });
  await expect(dialog.getByRole("listitem")).toHaveText([
    "The network of tabs “class”: machines in other tabs of this browser that are on it.",
  ]);
  await dialog.getByRole("button", { name: "Close" }).click();
  await page.getByRole("button", { name: "Start a machine without it" }).click();
  await expect.poll(() => terminalText(page)).toBe("$");
  expect(page.url()).toBe(scriptedUrl);
  expect((await machine(page))?.options).toEqual({
    image: "base",
    files: "saved",
    coldBoot: false,
  });
});

test("what is wrong is said with its place, and so is what is damaged", async ({
  page,
  scriptedUrl,
}) => {
  const failure = page.locator(".failure p");
  await page.goto(await linkTo(scriptedUrl, { files: { "/root/a": { mode: 644 } } }));
  await expect(failure).toHaveText([
    'The set-up is wrong at files["/root/a"].mode: it must be permissions in octal, such as "755", not a number.',
    "Whoever wrote it has to correct it: docs/setup.md of the source describes the format, and tabnix.schema.json tells editors.",
  ]);
  // Another link in the same tab changes the fragment only.
  await page.goto(`${scriptedUrl}#setup=e30`);
  await expect(failure.first()).toHaveText("The set-up in this link is damaged.");
  await page.goto(await linkTo(scriptedUrl, { run: "ls" }));
  await expect.poll(() => terminalText(page)).toBe('$ "ls\\r"\n$');
  expect((await machine(page))?.options.image).toBe("base");
});

test("one that is fetched, its files beside it; a link that carries all of it is copied", async ({
  page,
  scriptedUrl,
}) => {
  const document = { image: "tiny", files: { "/root/a": { url: "a.txt" } }, run: "cat a" };
  const headers = { "Access-Control-Allow-Origin": "*" };
  let isThere = false;
  let onSeen = () => {};
  const seen = new Promise<void>((resolve) => {
    onSeen = resolve;
  });
  await page.route(`${SITE}*`, async (route) => {
    const name = new URL(route.request().url()).pathname.split("/").at(-1);
    if (name === "tabnix.json") {
      await seen;
      return route.fulfill({ json: document, headers });
    }
    return isThere
      ? route.fulfill({ body: "text", headers })
      : route.fulfill({ status: 503, headers });
  });
  await page.goto(`${scriptedUrl}?${new URLSearchParams({ setup: `${SITE}tabnix.json` })}`);
  await expect(page.getByRole("status")).toHaveText("Fetching the set-up");
  onSeen();
  await expect(page.locator(".failure p")).toHaveText([
    `The set-up's files could not be written: ${SITE}a.txt, which is to be /root/a, could not be fetched: HTTP 503.`,
    "The set-up may be out of date: tell its author.",
  ]);
  isThere = true;
  await page.getByRole("button", { name: "Try again" }).click();
  await expect.poll(() => terminalText(page)).toBe('$ "cat a\\r"\n$');
  expect(await contentOf(page, "/root/a")).toEqual(["text", "644"]);
  await page.getByRole("button", { name: "Menu", exact: true }).click();
  await page.getByRole("menuitem", { name: "Copy link to this set-up" }).click();
  await expect
    .poll(() => page.evaluate(() => navigator.clipboard.readText()))
    .toMatch(`${scriptedUrl}#setup=`);
  const link = new URL(await page.evaluate(() => navigator.clipboard.readText()));
  expect(JSON.parse(await unpackSetup(link.hash))).toEqual({
    ...document,
    files: { "/root/a": { url: `${SITE}a.txt` } },
  });
  // Its files are of another site than the link now.
  await page.goto(link.href);
  await expect(page.getByRole("dialog").getByRole("listitem")).toHaveText([
    "Files of other sites, which see that you fetch them: docs.example.",
  ]);
});

test("a set-up is dropped on the page; on the file panel it is a file like any other", async ({
  page,
  openScripted,
}) => {
  await openScripted();
  const notices = page.getByRole("region", { name: "Notices" });
  await drop(page, ".stage", "photo.jpg", "x");
  await expect(
    notices.getByText("Only a set-up can be dropped here: one file, such as tabnix.json."),
  ).toBeVisible();
  await drop(page, ".stage", "tabnix.json", '{ "ports": [0] }');
  await expect(
    notices.getByText(
      "The set-up is wrong at ports[0]: it must be a whole number from 1 to 65535.",
    ),
  ).toBeVisible();
  await FilePanel.open(page);
  await drop(page, ".file-panel", "tabnix.json", '{ "run": "ls" }');
  await expect(new FilePanel(page).names).toHaveText(["tabnix.json"]);
  await drop(page, ".stage", "tabnix.json", '{ "run": "ls" }');
  await expect.poll(() => terminalText(page)).toBe('$ "ls\\r"\n$');
  expect(await unpackSetup(new URL(page.url()).hash)).toBe('{ "run": "ls" }');
  // The same again is a fresh machine again.
  await page.keyboard.type("x");
  await expect.poll(() => terminalText(page)).toBe('$ "ls\\r"\n$ "x"');
  page.once("dialog", (leaving) => leaving.accept());
  await drop(page, ".stage", "tabnix.json", '{ "run": "ls" }');
  await expect.poll(() => terminalText(page)).toBe('$ "ls\\r"\n$');
});

test("a restart is a machine with the set-up again; switching off and on is none", async ({
  page,
  scriptedUrl,
}) => {
  await page.goto(await linkTo(scriptedUrl, { files: { "/root/a": "x" }, run: "ls" }));
  await expect.poll(() => terminalText(page)).toBe('$ "ls\\r"\n$');
  const choose = async (name: string) => {
    await page.getByRole("button", { name: "Menu", exact: true }).click();
    await page.getByRole("menuitem", { name }).click();
  };
  await choose("Power off");
  await page.getByRole("button", { name: "Start" }).click();
  await expect.poll(() => terminalText(page)).toBe("$");
  await choose("Restart afresh…");
  await page.getByRole("dialog").getByRole("button", { name: "Restart afresh" }).click();
  await expect.poll(() => terminalText(page)).toBe('$ "ls\\r"\n$');
  expect(await contentOf(page, "/root/a")).toEqual(["x", "644"]);
});

test("the first of its ports on which a server listens is shown, and the terminal keeps the focus", async ({
  page,
  scriptedUrl,
}) => {
  const document = { panes: ["files"], ports: [8080, 3000] };
  await page.goto(await linkTo(scriptedUrl, document));
  await page.getByRole("dialog").getByRole("button", { name: "Run it" }).click();
  await expect(page.getByRole("complementary", { name: "Files" })).toBeVisible();
  const pane = page.getByRole("complementary", { name: "Preview" });
  await expect(pane).toBeHidden();
  const focus = page.locator(".terminal-host textarea");
  await expect(focus).toBeFocused();
  await page.keyboard.type("ports 22\r");
  await expect(page.getByText("Port 22 is open.")).toBeVisible();
  await expect(pane).toBeHidden();
  await page.keyboard.type("ports 22 3000\r");
  await expect(pane.getByLabel("Address in the machine")).toHaveValue("localhost:3000/");
  await expect(focus).toBeFocused();
  await page.keyboard.type("ports 22 3000 8080\r");
  await expect(pane.getByRole("button", { name: "Port 8080" })).toBeVisible();
  await expect(pane.getByLabel("Address in the machine")).toHaveValue("localhost:3000/");
});

test("a server that the set-up did not tell of is shown when the visitor agrees", async ({
  page,
  scriptedUrl,
}) => {
  await page.goto(await linkTo(scriptedUrl, {}));
  await expect.poll(() => terminalText(page)).toBe("$");
  await page.keyboard.type("ports 8080\r");
  await page.getByRole("button", { name: "Open", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Show a page of this set-up?" });
  const failed = page.getByText(/^Previews cannot be shown/);
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await expect(dialog).toHaveCount(0);
  await page.getByRole("button", { name: "Reload", exact: true }).click();
  await expect(dialog).toBeVisible();
  await expect(failed).toHaveCount(0);
  await dialog.getByRole("button", { name: "Show it" }).click();
  // The test's page has no service worker beside it: it was asked for now.
  await expect(failed).toBeVisible();
  await page.getByRole("button", { name: "Reload", exact: true }).click();
  await expect(dialog).toHaveCount(0);
});

test("a shell that ends with commands left: they are told of", async ({ page, scriptedUrl }) => {
  await page.goto(await linkTo(scriptedUrl, { run: ["exit 3", "ls"] }));
  await expect(
    page.getByText("The set-up's command “ls” waits for a prompt of the shell."),
  ).toBeVisible();
  await expect.poll(() => terminalText(page)).toContain("[process ended with status 3");
});
