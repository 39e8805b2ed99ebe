/** What the address of a frame may ask for. */
import { afterEach, expect, test, vi } from "vitest";
import { readParameters, setupOf } from "../../../src/embed/frame/parameters.ts";
import { mayFetch, needsTab } from "../../../src/embed/frame/permission.ts";
import { commandsOf, trimmed } from "../../../src/embed/tab-nix/children.ts";
import { packSetup } from "../../../src/setup/link.ts";
import { parseSetup } from "../../../src/setup/parse.ts";

const SITE = "https://site.example/tabnix/";
const PAGE = `${SITE}embed.html`;

afterEach(() => vi.unstubAllGlobals());

test("parameters are what they are called, and others are refused", () => {
  const read = (query: string) => readParameters(new URL(`${PAGE}?${query}`));
  expect(read("")).toEqual({ theme: "system", start: "click", readOnly: false });
  expect(read("theme=dark&start=visible&readonly&other=1")).toEqual({
    theme: "dark",
    start: "visible",
    readOnly: true,
  });
  expect(() => read("theme=blue")).toThrow("theme must be one of system, light, dark.");
  expect(() => read("start=")).toThrow("start must be one of click, visible, now.");
});

test("an image and commands make a set-up, within the bounds of set-ups", async () => {
  const of = (query: string) => setupOf(new URL(`${PAGE}?${query}`), SITE);
  const { setup, base, isFetched } = await of("image=tiny&run=echo+one&run=echo+two");
  expect([setup.image, setup.terminals, base.href, isFetched]).toEqual([
    "tiny",
    [["echo one", "echo two"]],
    SITE,
    false,
  ]);
  expect((await of("")).setup).toEqual(parseSetup("{}"));
  await expect(of("image=imported:tiny-01234567")).rejects.toThrow("the name of an image");
  await expect(of("run=one%0Atwo")).rejects.toThrow("a command in one line");
  const hash = await packSetup(JSON.stringify({ image: "tiny" }));
  const carried = await setupOf(new URL(PAGE + hash), SITE);
  expect(carried.setup).toEqual({ ...parseSetup("{}"), image: "tiny" });
  const both = setupOf(new URL(`${PAGE}?run=ls${hash}`), SITE);
  await expect(both).rejects.toThrow("asks for a set-up and for commands");
});

test("a set-up of another site is fetched, and relative to it", async () => {
  vi.stubGlobal("fetch", async () => new Response('{ "image": "tiny" }'));
  const address = new URL(`${PAGE}?setup=https://other.example/demos/a.json`);
  const { base, isFetched } = await setupOf(address, SITE);
  expect([base.href, isFetched]).toEqual(["https://other.example/demos/a.json", true]);
});

/** Whether a document has to be opened in a tab. */
function asks(document: object, from?: string): boolean {
  const text = JSON.stringify(document);
  const base = new URL(from ?? SITE);
  return needsTab(
    { setup: parseSetup(text), text, base, isFetched: from !== undefined },
    new URL(SITE),
  );
}

test("what a frame may not have is for a tab: networks, and what only pages of the site could read", () => {
  const file = (url: string) => ({ files: { "/root/file": { url } } });
  expect(asks({ image: "tiny", run: "ls", ports: [80], persist: true })).toBe(false);
  expect(asks({ network: true })).toBe(true);
  expect(asks({ network: { relay: "wss://relay.example/" } })).toBe(true);
  expect(asks({ network: { lan: "lan" } })).toBe(true);
  expect(asks(file("examples/file"))).toBe(false);
  expect(asks(file("../private"))).toBe(true);
  expect(asks(file("/private"))).toBe(true);
  expect(asks(file("https://other.example/file"))).toBe(true);
  const other = "https://other.example/demos/a.json";
  expect(asks({}, other)).toBe(false);
  expect(asks(file("file"), other)).toBe(false);
  expect(asks(file(`${SITE}examples/file`), other)).toBe(true);
  expect(asks({}, `${SITE}examples/python.json`)).toBe(false);
  expect(asks({}, "https://site.example/private.json")).toBe(true);
});

test("what of the site's origin belongs to the site is known by its address, however it is written", () => {
  const may = (address: string) => mayFetch(new URL(address, SITE), new URL(SITE));
  const allowed = ["file", "./a/../file", "examples/a.json?b=/c", "https://other.example/private"];
  expect(allowed.filter((address) => !may(address))).toEqual([]);
  const forbidden = [
    "..",
    "../tabnix-private/file",
    "/tabnix",
    "%2e%2e/private",
    "..%2fprivate",
    "a%2F..%2F..%2Fprivate",
    "..%5Cprivate",
    "..\\private",
    "//site.example/private",
  ];
  expect(forbidden.filter(may)).toEqual([]);
});

test("commands of an element are its lines, and a file is its text without the markup's line breaks", () => {
  expect(commandsOf("\n  cd /tmp\n\n  ls -l  \n")).toEqual(["cd /tmp", "ls -l"]);
  expect(commandsOf("")).toEqual([]);
  const texts = ["", "a", "\na\n", "\r\n  a\n\n    ", "\n\na\n  b\n  "];
  expect(texts.map(trimmed)).toEqual(["", "a", "a\n", "  a\n\n", "\na\n  b\n"]);
});
