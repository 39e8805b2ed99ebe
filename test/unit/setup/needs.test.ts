/** What a set-up may do without a question, and what the visitor is asked about. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { needsOf } from "../../../src/setup/needs.ts";
import { parseSetup } from "../../../src/setup/parse.ts";
import { GOOD } from "./documents.ts";

const BASE = new URL("https://tabnix.example/play/");
const SHARED = { previewsShareStorage: true };
const needs = (document: unknown, site = SHARED) =>
  needsOf({ setup: parseSetup(JSON.stringify(document)), base: BASE }, site);

test("a fresh machine without a network needs nothing", () => {
  const document = {
    title: "A demo",
    image: "python",
    files: { "/root/a": "x", "/root/b": { url: "data/b" }, "/root/c": { url: "/c" } },
    env: { A: "b" },
    run: ["rm -rf /"],
    terminals: ["top"],
    panes: ["files", "preview"],
    network: false,
    persist: false,
  };
  expect(needs(document)).toEqual([]);
});

test("everything that there is to ask, in one", () => {
  const document = {
    files: {
      "/a": { url: "https://a.example/1" },
      "/b": { url: "https://a.example/2" },
      "/c": { url: "http://tabnix.example/c" },
      "/d": { url: "//b.example:8443/d" },
    },
    ports: [8080],
    network: { relay: "wss://relay.example:444/wisp/", lan: "class" },
    persist: true,
  };
  expect(needs(document)).toEqual([
    { type: "saved-files" },
    { type: "relay", host: "relay.example:444" },
    { type: "lan", name: "class" },
    { type: "preview" },
    // The same name by http is another origin.
    { type: "other-sites", hosts: ["a.example", "tabnix.example", "b.example:8443"] },
  ]);
});

test("the visitor's own network is asked about, whatever it is", () => {
  expect(needs({ network: true })).toEqual([{ type: "visitors-network" }]);
});

test("previews of an origin of their own have nothing of the visitor's", () => {
  expect(needs({ ports: [80] }, { previewsShareStorage: false })).toEqual([]);
});

test("the site that a set-up is from may give its files; the page's own is another one then", () => {
  const setup = parseSetup(
    JSON.stringify({ files: { "/a": { url: "a" }, "/b": { url: "https://tabnix.example/b" } } }),
  );
  expect(needsOf({ setup, base: new URL("https://docs.example/x/tabnix.json") }, SHARED)).toEqual([
    { type: "other-sites", hosts: ["tabnix.example"] },
  ]);
});

test("whatever else a set-up says: with a network or saved files it is asked about", () => {
  const saying = fc.record({
    document: fc.constantFrom(...GOOD),
    network: fc.constantFrom<unknown>(false, true, { lan: "a" }, { relay: "wss://a.example/" }),
    persist: fc.boolean(),
    previewsShareStorage: fc.boolean(),
  });
  fc.assert(
    fc.property(saying, ({ document, network, persist, previewsShareStorage }) => {
      const all = { ...Object(document), network, persist };
      const types = needs(all, { previewsShareStorage }).map(({ type }) => type);
      expect(types.includes("saved-files")).toBe(persist);
      const network_ = ["visitors-network", "relay", "lan"].some((type) =>
        types.some((one) => one === type),
      );
      expect(network_).toBe(network !== false);
    }),
  );
});
