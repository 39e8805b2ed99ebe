/** Files outlive the page, and one tab has them at a time. */
import { expect, type Page } from "@playwright/test";
import { test } from "./support/scripted-page.ts";
import { Shell } from "./support/shell.ts";
import { withAllStorage, withoutHandles, withoutStorage } from "./support/storage.ts";

// What goes by a service worker the browser's driver cannot change on its way.
test.use({ serviceWorkers: "block" });

const STORAGE = ".status-item:has-text('Storage')";

/** Loads the page again; what it held in memory is gone. */
async function reload(page: Page): Promise<Shell> {
  await page.reload();
  const shell = new Shell(page);
  await shell.prompt();
  return shell;
}

/** What the page tells of the storage when asked. */
async function storage(page: Page): Promise<string> {
  await page.locator(".status-bar").click();
  const dialog = page.getByRole("dialog", { name: "This machine" });
  const facts = await dialog.locator("dd").allTextContents();
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  return facts[5] ?? "";
}

for (const [kind, prepare] of [
  ["its private file system", async () => {}],
  ["IndexedDB", withoutHandles],
] as const) {
  test(`files in ${kind} are there after a reload, the system's too`, async ({ page }) => {
    await prepare(page);
    const shell = await Shell.open(page, "base");
    await shell.output("echo written > /root/note && echo live > /workspace/note && sync");
    await shell.output("echo tabnix.example > /etc/mailname && rm /etc/issue && sync");
    const sum = await shell.output(
      "head -c 1000000 /dev/urandom > /home/large && sync && sha256sum < /home/large",
    );
    // Nothing but the prompt is between these and the end of the page.
    await shell.output(
      "mkdir -p /root/a/b && ln -s b /root/a/c && chmod 700 /root/a && sync /root",
    );
    const again = await reload(page);
    await expect(page.locator(STORAGE)).toHaveText("Storage saved in this browser");
    expect(await again.output("cat /root/note /workspace/note /etc/mailname")).toBe(
      "written\nlive\ntabnix.example",
    );
    expect((await again.run("test -e /etc/issue")).status).toBe(1);
    expect(await again.output("sha256sum < /home/large")).toBe(sum);
    expect(await again.output("stat -c '%a %N' /root/a /root/a/c")).toBe(
      "700 '/root/a'\n777 '/root/a/c' -> 'b'",
    );
    expect(await storage(page)).toContain(`(${kind})`);
  });
}

/** Whether a committed name is in the journal of the page's only disk. */
function journalHas(page: Page, name: string): Promise<boolean> {
  return page.evaluate(async (wanted) => {
    const root = await navigator.storage.getDirectory();
    const disks = await root.getDirectoryHandle("tabnix-disks");
    for await (const disk of disks.values()) {
      for (const slot of [0, 1]) {
        const handle = await (disk as FileSystemDirectoryHandle).getFileHandle(`journal-${slot}`);
        if ((await (await handle.getFile()).text()).includes(wanted)) return true;
      }
    }
    return false;
  }, name);
}

test("what nobody has synchronised is saved a moment later", async ({ page }) => {
  const shell = await Shell.open(page, "tiny");
  const sum = await shell.output(
    "dd if=/dev/urandom of=/root/large bs=100k count=30 2>/dev/null; sha256sum < /root/large",
  );
  // The guest writes back by itself; what it has written back is in the commit that has the new name.
  await shell.output(
    "while grep -qE '^(Dirty|Writeback): +[1-9]' /proc/meminfo; do sleep 0.1; done",
  );
  await shell.output("mv /root/large /root/written-back");
  await expect.poll(() => journalHas(page, "written-back")).toBe(true);
  const again = await reload(page);
  expect(await again.output("sha256sum < /root/written-back")).toBe(sum);
});

test("a machine whose own files were replaced starts from its kernel", async ({ page }) => {
  const shell = await Shell.open(page, "base");
  await shell.output("cp /bin/bash /bin/new && mv /bin/new /bin/bash && echo kept > note");
  // The first makes the guest write back; only what is asked for a file is durable when it is done.
  await shell.output("sync && sync note");
  const again = await reload(page);
  expect(await again.output("cat note")).toBe("kept");
  expect(await again.output("cut -d. -f1 /proc/uptime | awk '{ print ($1 < 120) }'")).toBe("1");
});

test("a restart afresh forgets the files", async ({ page }) => {
  const shell = await Shell.open(page, "tiny");
  await shell.output("echo old > /root/note && sync");
  await page.getByRole("button", { name: "Menu", exact: true }).click();
  await page.getByRole("menuitem", { name: "Restart afresh" }).click();
  await page.getByRole("button", { name: "Restart afresh" }).click();
  await shell.prompt();
  expect((await shell.run("cat /root/note")).status).toBe(1);
  expect((await (await reload(page)).run("cat /root/note")).status).toBe(1);
});

test("files saved on one version of an image are there on the next", async ({ page }) => {
  const shell = await Shell.open(page, "tiny");
  await shell.output("echo written > /root/note && echo tabnix.example > /etc/mailname");
  await shell.output("sync /root/note /etc/mailname");
  await expect.poll(() => sizeOfFile(page, "base")).toBeGreaterThan(1000);
  // The site has built the image anew, and from much more.
  await page.route("**/images/tiny/manifest.json", async (route) => {
    const url = route.request().url().replace("/tiny/", "/base/");
    const response = await route.fetch({ url });
    await route.fulfill({ response, json: { ...(await response.json()), name: "tiny" } });
  });
  const again = await reload(page);
  await expect(page.locator(".notice")).toContainText("carried over");
  expect(await again.output("cat /root/note /etc/mailname && git --version")).toMatch(
    /^written\ntabnix\.example\ngit version /,
  );
  await again.output("echo more >> /root/note && sync /root/note");
  const third = await reload(page);
  expect(await third.output("cat /root/note")).toBe("written\nmore");
  await expect(page.locator(".notice")).toHaveCount(0);
});

/** Bytes of a file of the page's only disk. */
function sizeOfFile(page: Page, name: string): Promise<number> {
  return page.evaluate(async (wanted) => {
    const root = await navigator.storage.getDirectory();
    const disks = await root.getDirectoryHandle("tabnix-disks");
    for await (const disk of disks.values()) {
      if (disk.kind !== "directory") continue;
      const folder = disk as FileSystemDirectoryHandle;
      const file = await folder.getFileHandle(wanted).catch(() => undefined);
      if (file) return (await file.getFile()).size;
    }
    return 0;
  }, name);
}

test("a second tab takes the files over, and the first takes them back", async ({
  page,
  context,
}) => {
  const first = await Shell.open(page, "tiny");
  await first.output("echo first > /root/note");
  const other = await context.newPage();
  await other.goto("./?image=tiny");
  await expect(other.getByRole("heading")).toHaveText("Open in another tab");
  await other.getByRole("button", { name: "Take the files over" }).click();
  const second = new Shell(other);
  await second.prompt();
  expect(await second.output("cat /root/note")).toBe("first");
  await expect(page.getByRole("heading")).toHaveText("Another tab has taken the files");
  await second.output("echo second >> /root/note");
  await page.bringToFront();
  await page.getByRole("button", { name: "Take them back" }).click();
  await first.prompt();
  expect(await first.output("cat /root/note")).toBe("first\nsecond");
  await other.bringToFront();
  await other.getByRole("button", { name: "Open a fresh copy that is not saved" }).click();
  await second.prompt();
  expect((await second.run("cat /root/note")).status).toBe(1);
  await expect(other.locator(STORAGE)).toHaveText("Storage memory, lost on reload");
});

test("a tab that has lost its IndexedDB, and does not know, writes no more", async ({ page }) => {
  await withoutHandles(page);
  const shell = await Shell.open(page, "tiny");
  await shell.output("echo first > /root/note && sync /root/note");
  // What another tab does that opens the disk, before this one hears of it.
  const contents = () =>
    page.evaluate(async () => {
      const [{ name = "" } = {}] = await indexedDB.databases();
      const database = await new Promise<IDBDatabase>((resolve) => {
        const opening = indexedDB.open(name);
        opening.onsuccess = () => resolve(opening.result);
      });
      const transaction = database.transaction(["sizes", "pieces"], "readwrite");
      const sizes = transaction.objectStore("sizes");
      const owner = sizes.get("owner");
      owner.onsuccess = () => sizes.put(owner.result + 1, "owner");
      const lengths = ["data", "journal-0", "journal-1"].map((file) => sizes.get(file));
      await new Promise((resolve) => {
        transaction.oncomplete = resolve;
      });
      database.close();
      return lengths.map(({ result }) => result);
    });
  const before = await contents();
  const outcome = await shell.run("echo second > /root/other && sync /root/other");
  expect(outcome.status).toBe(1);
  expect(await contents()).toEqual(before);
  const again = await reload(page);
  expect(await again.output("cat /root/note")).toBe("first");
  expect((await again.run("cat /root/other")).status).toBe(1);
});

for (const isGranted of [true, false]) {
  test(`the browser is asked once to keep the files, and ${isGranted ? "does" : "does not"}`, async ({
    page,
  }) => {
    await page.addInitScript((answer) => {
      const asked = () => Number(document.documentElement.dataset["asked"] ?? 0);
      StorageManager.prototype.persisted = async () => false;
      StorageManager.prototype.persist = async () => {
        document.documentElement.dataset["asked"] = String(asked() + 1);
        return answer;
      };
    }, isGranted);
    const shell = await Shell.open(page, "tiny");
    await expect
      .poll(() => storage(page))
      .toContain(isGranted ? "keeps it until you delete" : "may delete it when");
    await page.getByRole("button", { name: "Menu", exact: true }).click();
    await page.getByRole("menuitem", { name: "Reboot" }).click();
    await expect(page.locator(".boot")).toBeVisible();
    await shell.prompt();
    expect(await page.locator("html").getAttribute("data-asked")).toBe("1");
  });
}

test("files that the browser does not give access to are not taken for none", async ({ page }) => {
  const shell = await Shell.open(page, "tiny");
  await shell.output("echo kept > /root/note && sync");
  await withoutHandles(page);
  await page.reload();
  await expect(page.locator(".failure-message")).toHaveText(
    "The browser does not give access to the files that were saved here.",
  );
  await page.getByRole("button", { name: "Start without the saved files" }).click();
  await shell.prompt();
  await expect(page.locator(STORAGE)).toHaveText("Storage memory, lost on reload");
  expect((await shell.run("cat /root/note")).status).toBe(1);
  await withAllStorage(page);
  expect(await (await reload(page)).output("cat /root/note")).toBe("kept");
});

test("without any storage the machine runs, and says that nothing is saved", async ({ page }) => {
  await withoutStorage(page);
  const shell = await Shell.open(page, "tiny");
  await expect(page.locator(STORAGE)).toHaveText("Storage memory, lost on reload");
  await shell.output("echo gone > /root/note && sync");
  expect((await (await reload(page)).run("cat /root/note")).status).toBe(1);
});
