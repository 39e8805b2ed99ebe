/** What a set-up's document may be, and what is said of one that is wrong. */
import { expect, test } from "vitest";
import { parseSetup } from "../../../src/setup/parse.ts";
import { SETUP_BYTES } from "../../../workers/shared/limits.ts";
import { BAD, BAD_TOGETHER, GOOD } from "./documents.ts";

const HINT =
  "Whoever wrote it has to correct it: docs/setup.md of the source describes the format, and tabnix.schema.json tells editors.";
const bytes = (text: string) => new TextEncoder().encode(text);

test("everything that a set-up can say", () => {
  const setup = parseSetup(
    JSON.stringify({
      $schema: "./tabnix.schema.json",
      title: "A demo",
      description: "It shows everything.",
      image: "python",
      files: {
        "/root/a": "text",
        "/root/b": ["a", "", "é"],
        "/root/c": { content: ["x"], mode: "755" },
        "/root/d": { base64: "AP8=", mode: "0600" },
        "/root/e": { url: "data/e.csv" },
      },
      env: { LANG: "de_DE.UTF-8", A: "" },
      run: ["cd /srv", "ls"],
      terminals: ["top", []],
      ports: [8080, 3000],
      panes: ["files"],
      network: { relay: "wss://relay.example/wisp/", token: "t", lan: "class" },
      persist: true,
    }),
  );
  expect(setup).toEqual({
    title: "A demo",
    description: "It shows everything.",
    image: "python",
    files: [
      { path: "/root/a", content: { bytes: bytes("text") }, mode: undefined },
      { path: "/root/b", content: { bytes: bytes("a\n\né\n") }, mode: undefined },
      { path: "/root/c", content: { bytes: bytes("x\n") }, mode: 0o755 },
      { path: "/root/d", content: { bytes: Uint8Array.of(0, 255) }, mode: 0o600 },
      { path: "/root/e", content: { url: "data/e.csv" }, mode: undefined },
    ],
    environment: { LANG: "de_DE.UTF-8", A: "" },
    terminals: [["cd /srv", "ls"], ["top"], []],
    ports: [8080, 3000],
    panes: ["files"],
    network: { relay: { url: "wss://relay.example/wisp/", token: "t" }, lan: "class" },
    persist: true,
  });
});

test("what is not said is nothing: a fresh machine of the image base, without a network", () => {
  expect(parseSetup("{}")).toEqual({
    title: "",
    description: "",
    image: "base",
    files: [],
    environment: {},
    terminals: [[]],
    ports: [],
    panes: [],
    network: "none",
    persist: false,
  });
});

test.each([...BAD, ...BAD_TOGETHER])("%j is wrong", (document, place, what) => {
  expect(() => parseSetup(JSON.stringify(document))).toThrow(
    expect.objectContaining({
      code: "invalid-input",
      message: `The set-up is wrong${place}: it ${what}.`,
      hint: HINT,
    }),
  );
});

test.each(GOOD.map((document) => [document]))("%j is sound", (document) => {
  expect(() => parseSetup(JSON.stringify(document))).not.toThrow();
});

test.each([
  ['{ "run": "a", "env": {}, "run": "b" }', " at run", "is there twice"],
  ['{ "env": { "A": "}\\"", "B": "", "\\u0041": "" } }', " at env.A", "is there twice"],
  ['{"terminals":[["a"],{"x":1,"x":2}]}', " at terminals[1].x", "is there twice"],
  ['{"files":{"/a":"x","/b":[",",":","]"],"/a":"y"}}', ' at files["/a"]', "is there twice"],
  [
    `{"run":${"[".repeat(8)}${"]".repeat(8)}}`,
    " at run[0][0][0][0][0][0][0]",
    "is nested too deeply",
  ],
  [`"${"x".repeat(SETUP_BYTES)}"`, "", "is larger than 1048576 bytes"],
  [`"${"é".repeat(SETUP_BYTES / 2)}"`, "", "is larger than 1048576 bytes"],
])("as text: %.60s", (text, place, what) => {
  expect(() => parseSetup(text)).toThrow(
    expect.objectContaining({ message: `The set-up is wrong${place}: it ${what}.`, hint: HINT }),
  );
});

test.each(["", "{", "{} {}", "{ a: 1 }", "\ufeff{}", "[".repeat(100_000)])(
  "no JSON: %.20s",
  (text) => {
    expect(() => parseSetup(text)).toThrow(
      expect.objectContaining({
        code: "invalid-input",
        message: expect.stringMatching(/^The set-up is wrong: it is not JSON \(.+\)\.$/s),
        hint: HINT,
      }),
    );
  },
);

test("a variable of any name is one of the environment, and no object is another for it", () => {
  const { environment } = parseSetup('{ "env": { "__proto__": "x", "toString": "y" } }');
  expect(Object.entries(environment)).toEqual([
    ["__proto__", "x"],
    ["toString", "y"],
  ]);
  expect(Object.getPrototypeOf(environment)).toBe(Object.prototype);
});
