import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadRecipe, recipeNames } from "../../../images/build/recipe.ts";
import { failure, folder, write } from "./recipe-folder.ts";

test("the repository's recipes are read", async () => {
  const names = await recipeNames();
  const recipes = await Promise.all(names.map((name) => loadRecipe(name)));
  expect(
    recipes.map(({ name, from, suite, essential }) => [name, from?.name, suite, essential]),
  ).toEqual([
    ["base", undefined, "trixie", true],
    ["python", "base", "trixie", true],
    ["ruby", "base", "trixie", true],
    ["tiny", undefined, "trixie", false],
    ["web", "base", "trixie", true],
  ]);
});

test("fills in defaults, and takes over what it adds to", async () => {
  await writeFile(join(folder, "motd.txt"), "hello\n");
  await write("below", {
    description: "below",
    suite: "trixie",
    memory: 128,
    packages: ["bash"],
    environment: { A: "1", B: "1" },
    warm: ["one"],
    kernel: "stock",
    network: { relay: "wss://relay.example/wisp/", token: "a.b" },
  });
  await write("above", {
    $schema: "./recipe.schema.json",
    description: "above",
    from: "below",
    packages: ["git"],
    files: {
      "/etc/lines": { content: ["a", "b"], mode: "0755" },
      "/etc/motd": { source: "motd.txt" },
      "/etc/text": { content: "text" },
    },
    symlinks: { "/usr/bin/vim": "vi" },
    run: ["true"],
    warm: ["two"],
    environment: { B: "2" },
    hostname: "above",
  });
  const below = {
    name: "below",
    description: "below",
    suite: "trixie",
    essential: true,
    packages: ["bash"],
    tools: [],
    files: [],
    symlinks: [],
    run: [],
    warm: ["one"],
    first: [],
    memoryMegabytes: 128,
    environment: { A: "1", B: "1" },
    hostname: "tabnix",
    network: { relay: "wss://relay.example/wisp/", token: "a.b" },
    kernel: "stock",
    documentation: false,
  };
  expect(await loadRecipe("above", folder)).toEqual({
    ...below,
    name: "above",
    description: "above",
    from: below,
    packages: ["git"],
    files: [
      { path: "/etc/lines", bytes: Buffer.from("a\nb\n"), mode: 0o755 },
      { path: "/etc/motd", bytes: Buffer.from("hello\n"), mode: 0o644 },
      { path: "/etc/text", bytes: Buffer.from("text"), mode: 0o644 },
    ],
    symlinks: [{ path: "/usr/bin/vim", target: "vi" }],
    run: ["true"],
    warm: ["one", "two"],
    environment: { A: "1", B: "2" },
    hostname: "above",
  });
});

test("a relay of its own comes without the token for the other", async () => {
  await write("below", { ...OK, network: { relay: "wss://one.example/", token: "for-one" } });
  await write("x", { description: "x", from: "below", network: { relay: "ws://localhost:8090/" } });
  expect((await loadRecipe("x", folder)).network).toEqual({ relay: "ws://localhost:8090/" });
});

const OK = { description: "x", suite: "trixie", memory: 64 };

test.each([
  [
    "an unknown key",
    { ...OK, memroy: 1 },
    'x.json: / must NOT have additional properties: "memroy"',
  ],
  ["a wrong type", { ...OK, packages: ["ok", 7] }, "x.json: /packages/1 must be string"],
  [
    "an unknown kernel",
    { ...OK, kernel: "new" },
    "x.json: /kernel must be equal to one of the allowed values: auto, stock, tuned",
  ],
  [
    "no memory",
    { description: "x", suite: "trixie" },
    'x.json: needs "memory", because it has no "from" to take it from',
  ],
  [
    "a relay that is none",
    { ...OK, network: { relay: "https://relay.example/" } },
    'x.json: /network/relay must match pattern "^wss?://[^\\s/?#]+[^\\s#]*$" (The relay\'s address for WISP, "wss://relay.example/wisp/")',
  ],
  [
    "a relay at no port",
    { ...OK, network: { relay: "wss://relay.example:123456/" } },
    "x.json: /network/relay is no address: wss://relay.example:123456/",
  ],
  [
    "a token that no header takes",
    { ...OK, network: { relay: "wss://relay.example/", token: "a b" } },
    'x.json: /network/token must match pattern "^[A-Za-z0-9._~-]+$" (A token of the relay: letters, digits and "._~-")',
  ],
  [
    "a token alone",
    { ...OK, network: { token: "a" } },
    "x.json: /network must have required property 'relay'",
  ],
  ["a circle", { ...OK, from: "x" }, 'x.json: "from" goes round in a circle: x → x'],
  [
    "a source outside",
    { ...OK, files: { "/a": { source: "../a" } } },
    "x.json: /files//a/source is outside the recipe's folder: ../a",
  ],
  [
    "a source that is not there",
    { ...OK, files: { "/a": { source: "a" } } },
    "x.json: /files//a/source cannot be read: a",
  ],
  [
    "a relative path",
    { ...OK, symlinks: { "usr/bin/x": "y" } },
    'x.json: /symlinks must match pattern "^(/(?!\\.{1,2}(/|$))[^/\\u0000]+)+$"',
  ],
  [
    "a path upwards",
    { ...OK, symlinks: { "/usr/../x": "y" } },
    'x.json: /symlinks must match pattern "^(/(?!\\.{1,2}(/|$))[^/\\u0000]+)+$"',
  ],
])("refuses %s", async (_, recipe, message) => {
  await write("x", recipe);
  expect(await failure("x")).toBe(`invalid-input: The recipe ${message}.`);
});

test("refuses a change of suite, what is no JSON, and what is not there", async () => {
  await write("below", OK);
  await write("x", { description: "x", from: "below", suite: "bookworm" });
  await writeFile(join(folder, "broken.json"), "{");
  expect(await failure("x")).toBe(
    'invalid-input: The recipe x.json: /suite is bookworm, but "from" is made from trixie.',
  );
  expect(await failure("broken")).toMatch(/^invalid-input: The recipe broken\.json: is not JSON: /);
  expect(await failure("nonesuch")).toBe('not-found: There is no recipe "nonesuch".');
});
