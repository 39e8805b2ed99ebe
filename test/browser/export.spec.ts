/** A machine is taken to another browser as one file. */
import { readFile, writeFile } from "node:fs/promises";
import { expect, type Page } from "@playwright/test";
import { test } from "./support/scripted-page.ts";
import { Shell } from "./support/shell.ts";
import { withoutHandles, withoutStorage } from "./support/storage.ts";

// What goes by a service worker the browser's driver cannot change on its way.
test.use({ serviceWorkers: "block" });

async function choose(page: Page, item: string): Promise<void> {
  await page.getByRole("button", { name: "Menu", exact: true }).click();
  await page.getByRole("menuitem", { name: item }).click();
}

/** Makes the browser one that saves to its folder for downloads, as Firefox and Safari do. */
async function withoutPicker(page: Page): Promise<void> {
  await page.addInitScript("delete window.showSaveFilePicker");
}

/** Exports the machine. @returns where the file is, and what it is called */
async function exported(
  page: Page,
  item = "Export this machine…",
): Promise<{ path: string; name: string }> {
  const download = page.waitForEvent("download");
  await choose(page, item);
  const done = await download;
  return { path: await done.path(), name: done.suggestedFilename() };
}

async function chooseImport(page: Page, path: string): Promise<void> {
  const chooser = page.waitForEvent("filechooser");
  await choose(page, "Import a machine…");
  await (await chooser).setFiles(path);
}

const question = (page: Page) =>
  page.getByRole("dialog", { name: "Replace this machine's files?" });

/** Imports a file, and waits for the prompt of the machine that comes of it. */
async function importMachine(page: Page, path: string): Promise<void> {
  await chooseImport(page, path);
  await question(page).getByRole("button", { name: "Replace" }).click();
  await expect(page.locator(".boot")).toBeVisible();
}

test("files of all kinds are there in another browser, and stay", async ({
  page,
  browser,
  baseURL,
}, info) => {
  await withoutPicker(page);
  const shell = await Shell.open(page, "tiny");
  await shell.output(
    "echo tabnix.example > /etc/mailname && rm /etc/shells && chmod 700 /usr/sbin",
  );
  await shell.output("mkdir -p /root/a/b && ln -s b /root/a/c && ln /etc/group /etc/hard");
  const sum = await shell.output(
    "head -c 3000000 /dev/urandom > /root/large; sha256sum < /root/large",
  );
  const { path, name } = await exported(page);
  expect(name).toMatch(/^tiny-\d{4}-\d\d-\d\d\.tabnix$/);
  await expect(page.locator(".notice")).toContainText(/was exported to tiny-.*\(\d[\d.]* MB\)/);
  // The machine goes on.
  expect(await shell.output("cat /etc/mailname")).toBe("tabnix.example");

  const context = await browser.newContext({ baseURL, serviceWorkers: "block" });
  const other = await context.newPage();
  const there = await Shell.open(other, "tiny");
  await there.output("echo mine > /root/mine && echo mine > /etc/mailname && sync");

  const bytes = await readFile(path);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
  const damaged = info.outputPath("damaged.tabnix");
  await writeFile(damaged, bytes);
  await chooseImport(other, damaged);
  await expect(other.locator(".notice")).toContainText("The file is damaged");
  await expect(other.locator(".notice")).toContainText("Nothing was changed.");
  await other.locator(".panel:not([hidden]) .terminal-host").click();
  expect(await there.output("cat /root/mine /etc/mailname")).toBe("mine\nmine");

  await chooseImport(other, path);
  await question(other).getByRole("button", { name: "Cancel" }).click();
  await expect(question(other)).toHaveCount(0);
  await other.locator(".panel:not([hidden]) .terminal-host").click();
  expect(await there.output("cat /root/mine")).toBe("mine");

  await importMachine(other, path);
  for (const _ of ["restarted", "loaded again"]) {
    await there.prompt();
    expect(await there.output("cat /etc/mailname; stat -c %a /usr/sbin; readlink /root/a/c")).toBe(
      "tabnix.example\n700\nb",
    );
    expect(await there.output("stat -c %h /etc/group /etc/hard; sha256sum < /root/large")).toBe(
      `2\n2\n${sum}`,
    );
    expect((await there.run("test -e /etc/shells || test -e /root/mine")).status).toBe(1);
    await there.output("echo after >> /root/after && sync /root/after");
    await other.reload();
  }
  await there.prompt();
  expect(await there.output("cat /root/after")).toBe("after\nafter");
  await context.close();
});

test("to a file that is chosen, from there to IndexedDB, and to memory", async ({
  page,
  browser,
  baseURL,
}, info) => {
  // In place of the dialog, which no test can answer: a file of the page's own.
  await page.addInitScript(() => {
    const picked = async ({ suggestedName }: { suggestedName: string }) => {
      const root = await navigator.storage.getDirectory();
      return root.getFileHandle(suggestedName, { create: true });
    };
    Object.assign(window, { showSaveFilePicker: picked });
  });
  const shell = await Shell.open(page, "tiny");
  await shell.output("echo written > /root/note; echo live > /workspace/note; rm /etc/group");
  await choose(page, "Export this machine…");
  await expect(page.locator(".notice")).toContainText("was exported to tiny-");
  const text = await page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    for await (const [name, handle] of root.entries()) {
      if (!name.endsWith(".tabnix")) continue;
      const bytes = await (await (handle as FileSystemFileHandle).getFile()).arrayBuffer();
      return Array.from(new Uint8Array(bytes));
    }
    return [];
  });
  const path = info.outputPath("machine.tabnix");
  await writeFile(path, Buffer.from(text));

  for (const [prepare, isKept] of [
    [withoutHandles, true],
    [withoutStorage, false],
  ] as const) {
    const context = await browser.newContext({ baseURL, serviceWorkers: "block" });
    const other = await context.newPage();
    await prepare(other);
    const there = await Shell.open(other, "tiny");
    await there.output("echo mine > /root/mine");
    await importMachine(other, path);
    await there.prompt();
    expect(await there.output("cat /root/note /workspace/note; ls /root")).toBe(
      "written\nlive\nnote",
    );
    expect((await there.run("test -e /etc/group")).status).toBe(1);
    await other.reload();
    await there.prompt();
    expect((await there.run("cat /root/note")).status).toBe(isKept ? 0 : 1);
    await context.close();
  }
});

test("a machine of another image is refused, by the image that it needs", async ({ page }) => {
  await withoutPicker(page);
  await Shell.open(page, "tiny");
  const { path } = await exported(page);
  const shell = await Shell.open(page, "base");
  await chooseImport(page, path);
  await expect(page.locator(".notice")).toContainText('The file belongs to the image "tiny"');
  await expect(page.locator(".notice")).toContainText("?image=tiny");
  await page.locator(".panel:not([hidden]) .terminal-host").click();
  expect(await shell.output("echo goes on")).toBe("goes on");
});

test("a whole machine runs where its image is not to be had, and can be removed", async ({
  page,
  browser,
  baseURL,
}) => {
  await withoutPicker(page);
  const shell = await Shell.open(page, "tiny");
  await shell.output("echo written > /root/note; echo live > /workspace/note; rm /etc/group");
  await page.route("**/images/store/**", (route) => route.abort());
  await choose(page, "Export with its image…");
  await expect(page.locator(".notice")).toContainText("does not have all of the image");
  await page.unroute("**/images/store/**");
  const { path, name } = await exported(page, "Export with its image…");
  expect(name).toMatch(/^tiny-\d{4}-\d\d-\d\d\.tabnix$/);

  const context = await browser.newContext({ baseURL, serviceWorkers: "block" });
  const other = await context.newPage();
  await context.route("**/images/tiny/**", (route) => route.abort());
  const there = await Shell.open(other, "base");
  // What a crash in the middle of an import leaves.
  await other.evaluate(() => caches.open("tabnix-imported:tiny-00000000"));
  await chooseImport(other, path);
  await other
    .getByRole("dialog", { name: "Add this machine?" })
    .getByRole("button", { name: "Add" })
    .click();
  const list = other.getByRole("dialog", { name: "Imported machines" });
  const link = list.getByRole("link");
  await expect(link).toHaveText(/^imported:tiny-[0-9a-f]{8}$/);
  await expect(list).toContainText(/Image of \d\.\d MB/);
  expect(await keptImports(other)).toHaveLength(1);

  await context.route("**/images/**", (route) => route.abort());
  await link.click();
  await expect(other).toHaveURL(/image=imported/);
  await there.prompt();
  expect(await there.output("cat /root/note /workspace/note; ls /root")).toBe(
    "written\nlive\nnote",
  );
  expect((await there.run("test -e /etc/group")).status).toBe(1);
  await there.output("echo after > /root/after && sync /root/after");
  await other.reload();
  await there.prompt();
  expect(await there.output("cat /root/after && busybox | head -n 1")).toMatch(/^after\nBusyBox/);
  await choose(other, "Imported machines…");
  await expect(list.getByRole("button", { name: "Remove" })).toHaveCount(0);

  // Of the site there is nothing; what was imported is there all the same.
  await other.goto("./?image=base");
  await expect(other.locator(".failure")).toBeVisible();
  await choose(other, "Imported machines…");
  await list.getByRole("button", { name: "Remove" }).click();
  await other
    .getByRole("dialog", { name: /^Remove imported/ })
    .getByText("Remove", { exact: true })
    .click();
  await expect(list).toContainText("None.");
  expect(await keptImports(other)).toEqual([]);
  expect(await keptDisks(other)).toEqual([expect.stringMatching(/^base-/)]);
  await context.close();
});

/** Names of the caches that have images of imported machines. */
async function keptImports(page: Page): Promise<string[]> {
  const names = await page.evaluate(() => caches.keys());
  return names.filter((name) => name.startsWith("tabnix-imported:"));
}

/** Names of the disks in the origin private file system. */
function keptDisks(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const disks = await root.getDirectoryHandle("tabnix-disks");
    const names: string[] = [];
    for await (const [name] of disks.entries()) names.push(name);
    return names;
  });
}
