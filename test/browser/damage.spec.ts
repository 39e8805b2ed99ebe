/** Images that are damaged or do not fit, on the real machine: each says what is wrong. */
import { expect, type Page } from "@playwright/test";
import type { Manifest } from "../../images/format/manifest.ts";
import { test } from "./support/scripted-page.ts";
import { Shell } from "./support/shell.ts";

// What goes by a service worker the browser's driver cannot change on its way.
test.use({ serviceWorkers: "block" });

/** Serves the manifest with something changed. */
async function changeManifest(page: Page, change: (manifest: Manifest) => void): Promise<void> {
  await page.route("**/manifest.json", async (route) => {
    const response = await route.fetch();
    const manifest: Manifest = await response.json();
    change(manifest);
    await route.fulfill({ response, json: manifest });
  });
}

async function readManifest(page: Page, image: string): Promise<Manifest> {
  return (await page.request.get(`./images/${image}/manifest.json`)).json();
}

/** Message and hint of the failure that the page shows instead of a terminal. */
async function failure(page: Page): Promise<string[]> {
  const alert = page.getByRole("alert");
  await expect(alert.getByRole("heading")).toHaveText("The machine did not start");
  await expect(page.getByRole("tab")).toHaveCount(0);
  return alert.locator("p").allTextContents();
}

async function startWithoutSnapshot(page: Page): Promise<Shell> {
  const shell = new Shell(page);
  await page.getByRole("button", { name: "Start without the snapshot" }).click();
  await shell.prompt();
  return shell;
}

test("a manifest that is gone", async ({ page }) => {
  await page.route("**/manifest.json", (route) => route.fulfill({ status: 404, body: "gone" }));
  await page.goto("./?image=tiny");
  expect(await failure(page)).toEqual([
    'There is no image "tiny" here: its manifest is missing.',
    "Check the name in the address, or build the image with `npm run images tiny`.",
  ]);
  await page.unroute("**/manifest.json");
  await page.getByRole("button", { name: "Try again" }).click();
  await new Shell(page).prompt();
});

test("a manifest of another version", async ({ page }) => {
  await changeManifest(page, (manifest) => Object.assign(manifest, { version: 99 }));
  await page.goto("./?image=tiny");
  expect(await failure(page)).toEqual([
    'The manifest of the image "tiny" has version 99; this Tabnix reads version 1.',
    "Reload the page without its cache, or build the image with the same version of Tabnix.",
  ]);
});

test("a snapshot that is cut short", async ({ page }) => {
  await page.goto("./404.html");
  const { snapshot } = await readManifest(page, "tiny");
  const { sha256 = "", compressedSize = 0 } = snapshot?.machine ?? {};
  await page.route(`**/${sha256}.zst`, async (route) => {
    const body = await (await route.fetch()).body();
    await route.fulfill({ body: body.subarray(0, 1_000_000) });
  });
  await page.goto("./?image=tiny");
  expect(await failure(page)).toEqual([
    `The stored object ${sha256} is damaged: it has 1000000 bytes instead of ${compressedSize}.`,
    "Reload the page; if it happens again, the image must be built or uploaded again.",
  ]);
  const shell = await startWithoutSnapshot(page);
  expect(await shell.output("echo it boots")).toBe("it boots");
});

test("a snapshot of another emulator boots from the kernel, and says why", async ({ page }) => {
  await changeManifest(page, ({ snapshot }) => {
    if (snapshot) snapshot.engine = "v86@0.0.1";
  });
  const shell = await Shell.open(page, "tiny");
  expect(await shell.output("echo it boots")).toBe("it boots");
  await expect(page.getByRole("region", { name: "Notices" }).locator("p")).toHaveText([
    /^The image's snapshot was made by v86@0\.0\.1; this page runs v86@[\d.]+\.$/,
    "The machine starts from its kernel instead. Building the image again makes it fast.",
  ]);
});

test("a file that is damaged is an error for who reads it, and no other", async ({ page }) => {
  // The files that first commands read are on their way before the test gets to them.
  await changeManifest(page, (manifest) => Object.assign(manifest, { prefetch: [] }));
  const shell = await Shell.open(page, "base");
  await shell.output("cat /etc/debian_version");
  await page.route("**/store/**", async (route) => {
    const body = await (await route.fetch()).body();
    body.fill(0, body.length - 20);
    await route.fulfill({ body });
  });
  const { output, status } = await shell.run("cat /usr/share/perl5/Debconf/Config.pm");
  expect([output, status]).toEqual([
    "cat: /usr/share/perl5/Debconf/Config.pm: Input/output error",
    1,
  ]);
  const notice = page.getByRole("region", { name: "Notices" }).locator("p").first();
  await expect(notice).toHaveText(
    /^\/usr\/share\/perl5\/Debconf\/Config\.pm cannot be read\. The stored object [0-9a-f]{64} is damaged: /,
  );
  await page.unroute("**/store/**");
  expect(await shell.output("head -c 9 /usr/share/perl5/Debconf/Config.pm")).toMatch(/^\S+/);
});

test("a worker that crashes leaves the files", async ({ page }) => {
  const shell = await Shell.open(page, "tiny");
  await shell.output("echo kept > note");
  const workers = page.workers();
  const names = await Promise.all(workers.map((worker) => worker.evaluate(() => self.name)));
  await workers[names.indexOf("tabnix-machine")]?.evaluate(() => {
    setTimeout(() => {
      throw new Error("crashed by a test");
    });
  });
  const alert = page.getByRole("alert");
  await expect(alert.getByRole("heading")).toHaveText("The machine stopped");
  await expect(alert.locator("p")).toHaveText([
    /^The machine worker failed: .*crashed by a test\.$/,
    "Start the machine again; if it happens every time, please report it.",
  ]);
  await page.getByRole("button", { name: "Try again" }).click();
  await shell.prompt();
  expect(await shell.output("cat note")).toBe("kept");
});
