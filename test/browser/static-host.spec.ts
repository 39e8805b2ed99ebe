/** The site on a host that sends no headers, below a path: isolated, without a network, and renewed. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, NO_EVENTS } from "./support/engines.ts";
import { countLoads, fact, test, visit } from "./support/hosted-page.ts";
import { writeNextDeploy } from "./support/next-deploy.ts";

test("the first visit isolates the page, and the next one", async ({ page, host }) => {
  const shell = await visit(page, host);
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  expect(await fact(page, "Isolation")).toBe("yes");
  expect(await shell.output("echo $((6 * 7))")).toBe("42");
  await expect.poll(() => fact(page, "Offline")).toBe("ready");
  await page.reload();
  await shell.prompt();
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
});

test("the first visit loads the page twice, later ones once", async ({
  page,
  host,
  browserName,
}) => {
  test.skip(browserName === "webkit", NO_EVENTS);
  const loads = countLoads(page);
  const shell = await visit(page, host);
  await expect.poll(() => fact(page, "Offline")).toBe("ready");
  expect(loads.count).toBe(2);
  await page.reload();
  await shell.prompt();
  expect(loads.count).toBe(3);
});

test("without a network the machine starts, with its files", async ({ page, host }) => {
  const shell = await visit(page, host);
  await shell.output("echo kept > /root/file && sync /root/file");
  await expect.poll(() => fact(page, "Offline")).toBe("ready");
  await host.stop();
  await page.reload();
  await shell.prompt();
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  expect(await shell.output("cat /root/file")).toBe("kept");
  // As from the home screen: the image that was used last.
  await page.goto(`${host.url}?last`);
  await shell.prompt();
  expect(await shell.output("cat /root/file")).toBe("kept");
  await page.goto(`${host.url}?image=never`);
  await expect(page.getByRole("heading")).toHaveText("The machine did not start");
  await expect(page.locator(".failure")).toContainText("Check the connection and try again.");
});

test("what the browser has thrown away is fetched again", async ({ page, host }) => {
  const shell = await visit(page, host);
  await expect.poll(() => fact(page, "Offline")).toBe("ready");
  await page.evaluate(async () => {
    for (const name of await caches.keys()) {
      if (!name.startsWith("tabnix-app ")) continue;
      const cache = await caches.open(name);
      for (const { url } of await cache.keys()) if (url.endsWith(".css")) await cache.delete(url);
    }
  });
  host.requests.length = 0;
  await page.reload();
  await shell.prompt();
  await expect.poll(() => fact(page, "Offline")).toBe("ready");
  expect(host.requests.filter((path) => path.endsWith(".css"))).not.toEqual([]);
  await host.stop();
  await page.reload();
  await shell.prompt();
  await expect(page.locator(".status-bar")).toHaveCSS("display", "flex");
});

test("a new version waits for the next load, and old pages keep their parts", async ({
  page,
  host,
}) => {
  const folder = await mkdtemp(join(tmpdir(), "tabnix-next-"));
  try {
    const shell = await visit(page, host);
    await expect.poll(() => fact(page, "Offline")).toBe("ready");
    await writeNextDeploy(folder);
    host.folder = folder;
    await page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.update());
    const notice = page.locator(".notice", { hasText: "There is a new version of Tabnix." });
    await expect(notice).toBeVisible();
    // The host has no such file any more.
    const script = page.locator('script[type="module"]');
    const old = await script.evaluate((element) => (element as HTMLScriptElement).src);
    expect((await page.request.get(old)).status()).toBe(404);
    expect(await page.evaluate(async (url) => (await fetch(url)).status, old)).toBe(200);
    expect(await page.title()).not.toContain("next");
    expect(await shell.output("echo still here")).toBe("still here");
    await notice.getByRole("button", { name: "Reload" }).click();
    await expect(script).toHaveAttribute("src", /-next\.js$/);
    await shell.prompt();
    await expect.poll(() => fact(page, "Offline")).toBe("ready");
    // Nobody needs the old one now.
    const kept = () => page.evaluate(async (url) => (await caches.match(url)) !== undefined, old);
    await expect.poll(kept).toBe(false);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a version that is not whole on the host never begins", async ({ page, host }) => {
  const folder = await mkdtemp(join(tmpdir(), "tabnix-next-"));
  try {
    const shell = await visit(page, host);
    await expect.poll(() => fact(page, "Offline")).toBe("ready");
    await writeNextDeploy(folder);
    const [missing = ""] = await readdir(join(folder, "assets"));
    await rm(join(folder, "assets", missing));
    host.folder = folder;
    await page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready;
      const refused = new Promise<void>((resolve) => {
        registration.addEventListener("updatefound", () => {
          const worker = registration.installing;
          worker?.addEventListener("statechange", () => {
            if (worker.state === "redundant") resolve();
          });
        });
      });
      await registration.update();
      await refused;
    });
    await page.reload();
    await shell.prompt();
    const script = page.locator('script[type="module"]');
    await expect(script).not.toHaveAttribute("src", /-next\.js$/);
    expect(await shell.output("echo as before")).toBe("as before");
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("what the host says about isolation stands", async ({ page, host, browserName }) => {
  host.headers = { "cross-origin-embedder-policy": "unsafe-none" };
  const loads = browserName === "webkit" ? undefined : countLoads(page);
  const shell = await visit(page, host);
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
  if (loads) expect(loads.count).toBe(1);
  await expect.poll(() => fact(page, "Offline")).toBe("ready");
  await page.reload();
  await shell.prompt();
  if (loads) expect(loads.count).toBe(2);
  await page.locator(".status-bar").click();
  await expect(page.locator(".facts")).toContainText("The server's own headers are against it.");
});

test.describe("where service workers are blocked", () => {
  test.use({ serviceWorkers: "block" });

  test("the machine runs without isolation, and the page says why", async ({
    page,
    host,
    browserName,
  }) => {
    test.skip(browserName === "webkit", "WebDriver has no such setting");
    const loads = countLoads(page);
    const shell = await visit(page, host);
    expect(await shell.output("echo $((6 * 7))")).toBe("42");
    expect(await fact(page, "Isolation")).toBe("no");
    expect(loads.count).toBe(1);
  });
});
