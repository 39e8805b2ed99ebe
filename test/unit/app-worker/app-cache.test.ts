import { expect, test } from "vitest";
import { Browser, filesOf, SCOPE, type Site } from "./support.ts";

const FIRST: Site = { "index.html": "one", "assets/a-1.js": "a", "assets/b-1.js": "b" };
const SECOND: Site = { "index.html": "two", "assets/a-2.js": "A", "assets/b-1.js": "b" };
const name = (version: string) => `tabnix-app ${SCOPE} ${version}`;
const url = (path: string) => new URL(path, SCOPE);
const text = async (response: Response | undefined) => response && (await response.text());

test("nothing is served before all of a version is there", async () => {
  const browser = new Browser({ ...FIRST, "assets/b-1.js": "of another version" });
  const cache = browser.cache(await filesOf("v1", FIRST));
  await expect(cache.fill()).rejects.toThrow(
    `${SCOPE}assets/b-1.js is not of this version of the site`,
  );
  expect(await cache.isComplete()).toBe(false);
  expect(await cache.match(url("assets/a-1.js"))).toBeUndefined();
  browser.site = FIRST;
  browser.fetched.length = 0;
  await cache.fill();
  expect(browser.fetched).toEqual(["assets/b-1.js"]);
  expect(await text(await cache.match(url("")))).toBe("one");
  expect(await text(await cache.match(url("?image=tiny#here")))).toBe("one");
  expect(await cache.match(url("other.js"))).toBeUndefined();
});

test("a file that is missing on the host is told, with what the host says", async () => {
  const { "assets/a-1.js": _, ...rest } = FIRST;
  const cache = new Browser(rest).cache(await filesOf("v1", FIRST));
  await expect(cache.fill()).rejects.toThrow(`${SCOPE}assets/a-1.js: the server answers 404`);
});

test.each([
  ["refuses more", "refused", "full"],
  ["leaves empty what it refuses", "begun", "full"],
  ["keeps a part and says nothing", "cut", "The browser has not kept all of"],
] as const)("a browser without room that %s: it is told, and all is kept later", async (...row) => {
  const [, beyond, message] = row;
  const browser = new Browser(FIRST);
  Object.assign(browser.caches, { room: 2, beyond });
  const files = await filesOf("v1", FIRST);
  const cache = browser.cache(files);
  await expect(cache.fill()).rejects.toThrow(message);
  expect(await cache.isComplete()).toBe(false);
  browser.caches.room = 10;
  await cache.fill();
  expect(await cache.isComplete()).toBe(true);
  for (const [path, content] of Object.entries(FIRST)) {
    expect(await text(await cache.match(url(path)))).toBe(content);
  }
});

test("what was being kept when the worker ended is looked at", async () => {
  const browser = new Browser(FIRST);
  const files = await filesOf("v1", FIRST);
  await browser.cache(files).fill();
  const store = browser.caches.stores.get(name("v1"));
  store?.delete(`${SCOPE}.complete`);
  store?.set(`${SCOPE}index.html`, new Response(""));
  const cache = browser.cache(files);
  browser.fetched.length = 0;
  await cache.fill();
  expect(browser.fetched).toEqual(["index.html"]);
  expect(await text(await cache.match(url("")))).toBe("one");
});

test("a file that is thrown away while there is no room leaves nothing that is in pieces", async () => {
  const browser = new Browser(FIRST);
  const files = await filesOf("v1", FIRST);
  await browser.cache(files).fill();
  browser.caches.stores.get(name("v1"))?.delete(`${SCOPE}index.html`);
  Object.assign(browser.caches, { room: 1, beyond: "begun" });
  const cache = browser.cache(files);
  await expect(cache.fill()).rejects.toThrow("full");
  expect(await browser.cache(files).isComplete()).toBe(false);
  browser.caches.room = 10;
  await cache.fill();
  expect(await text(await cache.match(url("")))).toBe("one");
});

test("what was thrown away is fetched again", async () => {
  const browser = new Browser(FIRST);
  const cache = browser.cache(await filesOf("v1", FIRST));
  await cache.fill();
  browser.caches.stores.get(name("v1"))?.delete(`${SCOPE}assets/a-1.js`);
  expect(await cache.match(url("assets/a-1.js"))).toBeUndefined();
  browser.fetched.length = 0;
  await cache.fill();
  expect(browser.fetched).toEqual(["assets/a-1.js"]);
  expect(await text(await cache.match(url("assets/a-1.js")))).toBe("a");
});

test("a new version takes what has not changed from the old one", async () => {
  const browser = new Browser(FIRST);
  await browser.cache(await filesOf("v1", FIRST)).fill();
  browser.site = SECOND;
  browser.fetched.length = 0;
  const cache = browser.cache(await filesOf("v2", SECOND));
  expect(await cache.hasOlder()).toBe(true);
  await cache.fill();
  expect(browser.fetched.sort()).toEqual(["assets/a-2.js", "index.html"]);
  expect(await text(await cache.match(url("")))).toBe("two");
});

test("parts of the old version are there for as long as a page of it is open", async () => {
  const browser = new Browser(FIRST);
  await browser.cache(await filesOf("v1", FIRST)).fill();
  browser.site = SECOND;
  browser.open = ["assets/a-1.js"];
  const cache = browser.cache(await filesOf("v2", SECOND));
  await cache.fill();
  await cache.dropOlder();
  expect(await text(await cache.match(url("assets/a-1.js")))).toBe("a");
  browser.open = ["assets/a-2.js"];
  await cache.dropOlder();
  expect(await cache.match(url("assets/a-1.js"))).toBeUndefined();
  expect([...browser.caches.stores.keys()]).toEqual([name("v2")]);
});

test("an older version never stands in for what was thrown away of this one", async () => {
  const browser = new Browser(FIRST);
  await browser.cache(await filesOf("v1", FIRST)).fill();
  browser.site = SECOND;
  const cache = browser.cache(await filesOf("v2", SECOND));
  await cache.fill();
  browser.caches.stores.get(name("v2"))?.delete(`${SCOPE}index.html`);
  expect(await cache.match(url(""))).toBeUndefined();
});

test("other sites of the origin keep theirs", async () => {
  const browser = new Browser(FIRST);
  const other = "tabnix-app https://example.org/a/ v0";
  await browser.caches.open(other);
  const cache = browser.cache(await filesOf("v1", FIRST));
  await cache.fill();
  await cache.dropOlder();
  expect([...browser.caches.stores.keys()]).toEqual([other, name("v1")]);
});

test("what is large is kept once it was asked for", async () => {
  const browser = new Browser(FIRST);
  const cache = browser.cache(await filesOf("v1", FIRST, ["assets/b-1.js"]));
  await cache.fill();
  expect(browser.caches.paths(name("v1"))).toEqual([".complete", "assets/a-1.js", "index.html"]);
  expect(cache.isLazy(url("assets/b-1.js"))).toBe(true);
  await cache.keep(url("assets/b-1.js"), new Response("damaged"));
  expect(await cache.match(url("assets/b-1.js"))).toBeUndefined();
  await cache.keep(url("assets/b-1.js"), new Response("b"));
  expect(await text(await cache.match(url("assets/b-1.js")))).toBe("b");
});

test("while developing nothing is kept", async () => {
  const cache = new Browser({}).cache({ version: "", files: [] });
  await expect(cache.fill()).rejects.toThrow("Nothing is kept while developing.");
});
