import { expect, test } from "vitest";
import { AppWorker } from "../../../workers/service/app/app-worker.ts";
import { ManifestCache } from "../../../workers/service/app/manifest-cache.ts";
import type { FetchRequest } from "../../../workers/service/preview-worker.ts";
import { Browser, filesOf, SCOPE, type Site } from "./support.ts";

const SITE: Site = {
  "index.html": "the page",
  "assets/a-1.js": "a",
  "images/tiny/manifest.json": "{}",
};

interface Facts {
  method?: string;
  mode?: string;
  destination?: string;
  headers?: Record<string, string>;
}

async function worker(browser: Browser) {
  const { "images/tiny/manifest.json": _, ...files } = SITE;
  const caches = browser.caches as unknown as CacheStorage;
  const app = new AppWorker({
    scope: SCOPE,
    cache: browser.cache(await filesOf("v1", files)),
    manifests: new ManifestCache({ scope: SCOPE, caches }),
    fetch: browser.fetch,
  });
  /** The answer to a request and what is done after it; undefined when it was left alone. */
  const get = async (path: string, { method = "GET", headers = {}, ...facts }: Facts = {}) => {
    const request = new Request(new URL(path, SCOPE), { method, headers });
    for (const [field, value] of Object.entries({ mode: "cors", destination: "", ...facts })) {
      Object.defineProperty(request, field, { value });
    }
    const after: Promise<unknown>[] = [];
    let response: Promise<Response> | undefined;
    const event: FetchRequest = {
      request,
      clientId: "page",
      resultingClientId: "",
      respondWith: (answer) => {
        response = Promise.resolve(answer);
      },
      waitUntil: (work) => void after.push(work),
    };
    expect(app.handleFetch(event)).toBe(response !== undefined);
    const answer = await response;
    await Promise.all(after);
    return answer;
  };
  return { app, get };
}

/** The headers about isolation. */
function isolationOf(response: Response | undefined): Record<string, string> {
  const fields = [...(response?.headers ?? [])].filter(([name]) =>
    /^(cross-origin|document-iso)/.test(name),
  );
  return Object.fromEntries(fields);
}

test("pages are isolated, those in frames by Document-Isolation-Policy", async () => {
  const { get } = await worker(new Browser(SITE));
  expect(isolationOf(await get("", { mode: "navigate", destination: "document" }))).toEqual({
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "cross-origin",
  });
  expect(isolationOf(await get("", { mode: "navigate", destination: "iframe" }))).toEqual({
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-resource-policy": "cross-origin",
    "document-isolation-policy": "isolate-and-require-corp",
  });
});

test("what the host says about isolation stands, also without a network", async () => {
  const browser = new Browser(SITE);
  browser.headers = { "cross-origin-embedder-policy": "unsafe-none" };
  const { app, get } = await worker(browser);
  const said = { "cross-origin-embedder-policy": "unsafe-none" };
  expect(isolationOf(await get(""))).toEqual(said);
  await app.handleMessage({ type: "tabnix-app-keep" }, SCOPE, () => {});
  browser.site = undefined;
  expect(isolationOf(await get(""))).toEqual(said);
});

test("the store, other methods, parts of files and other sites are left alone", async () => {
  const { get } = await worker(new Browser(SITE));
  expect(await get("images/store/00/11")).toBeUndefined();
  expect(await get("", { method: "POST" })).toBeUndefined();
  expect(await get("", { headers: { range: "bytes=0-1" } })).toBeUndefined();
  expect(await get("/a/other")).toBeUndefined();
  expect(await get("https://example.com/a/b/")).toBeUndefined();
});

test("without a network the page is what was kept", async () => {
  const browser = new Browser(SITE);
  const { app, get } = await worker(browser);
  const answers: unknown[] = [];
  await app.handleMessage({ type: "tabnix-app-keep" }, SCOPE, (answer) => answers.push(answer));
  expect(answers).toEqual([{ type: "tabnix-app-kept" }]);
  await get("images/tiny/manifest.json");
  browser.site = undefined;
  const page = await get("?image=tiny", { mode: "navigate", destination: "document" });
  expect(await page?.text()).toBe("the page");
  expect(await (await get("images/tiny/manifest.json"))?.text()).toBe("{}");
  const head = await get("", { method: "HEAD" });
  expect([head?.status, await head?.text()]).toEqual([200, ""]);
  await expect(get("assets/never.js")).rejects.toThrow("Failed to fetch");
});

test("without a network and with nothing kept, a page says so", async () => {
  const browser = new Browser(SITE);
  browser.site = undefined;
  const { get } = await worker(browser);
  const page = await get("", { mode: "navigate", destination: "document" });
  expect(page?.status).toBe(503);
  expect(await page?.text()).toContain("Tabnix cannot be reached");
  await expect(get("assets/a-1.js")).rejects.toThrow("Failed to fetch");
});

test("the manifest is the host's as long as there is one, and gone when it is gone there", async () => {
  const browser = new Browser(SITE);
  const { get } = await worker(browser);
  await get("images/tiny/manifest.json");
  browser.site = { ...SITE, "images/tiny/manifest.json": "new" };
  expect(await (await get("images/tiny/manifest.json"))?.text()).toBe("new");
  browser.site = {};
  expect((await get("images/tiny/manifest.json"))?.status).toBe(404);
  browser.site = undefined;
  await expect(get("images/tiny/manifest.json")).rejects.toThrow("Failed to fetch");
});

test("why the app is not kept is told", async () => {
  const browser = new Browser({});
  const { app } = await worker(browser);
  const answers: unknown[] = [];
  await app.handleMessage({ type: "tabnix-app-keep" }, SCOPE, (answer) => answers.push(answer));
  expect(answers).toEqual([
    {
      type: "tabnix-app-not-kept",
      reason: expect.stringMatching(/^https:.*: the server answers 404$/),
    },
  ]);
});

test("pages of previews, and what is no message, get no answer", async () => {
  const { app } = await worker(new Browser(SITE));
  const answers: unknown[] = [];
  const answer = (message: unknown) => void answers.push(message);
  await app.handleMessage({ type: "tabnix-app-keep" }, `${SCOPE}preview/base/80/`, answer);
  for (const data of [undefined, null, 7, "tabnix-app-keep", {}, { type: "other" }]) {
    await app.handleMessage(data, SCOPE, answer);
  }
  expect(answers).toEqual([]);
});

test("only a version that replaces another waits until it is whole", async () => {
  const browser = new Browser({});
  const { app } = await worker(browser);
  await app.install();
  expect(browser.fetched).toEqual([]);
  const older = await filesOf("v0", { "index.html": "old" });
  browser.site = { "index.html": "old" };
  await browser.cache(older).fill();
  browser.site = {};
  await expect(app.install()).rejects.toThrow("the server answers 404");
});
