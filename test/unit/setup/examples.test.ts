/** The examples that are published with the site. */
import { readdirSync, readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { type Need, needsOf } from "../../../src/setup/needs.ts";
import { parseSetup } from "../../../src/setup/parse.ts";

const PUBLIC = new URL("../../../public/", import.meta.url);
const FOLDER = new URL("examples/", PUBLIC);
const read = (name: string) => readFileSync(new URL(name, FOLDER), "utf8");

/** Each, with its image and what it has to ask about. */
const EXAMPLES: readonly (readonly [string, string, readonly Need[]])[] = [
  ["csv.json", "python", []],
  ["git.json", "base", []],
  ["languages.json", "python", []],
  ["python.json", "python", []],
  ["shell.json", "base", []],
  ["sqlite.json", "python", []],
  ["tmux.json", "base", []],
  ["web.json", "base", [{ type: "preview" }]],
];

test("every example is one of these", () => {
  expect(readdirSync(FOLDER).sort()).toEqual(EXAMPLES.map(([name]) => name));
});

test.each(EXAMPLES)("%s is sound, and keeps to itself as far as it can", (name, image, needs) => {
  const text = read(name);
  const setup = parseSetup(text);
  const base = new URL("https://site.example/examples/");
  expect(setup.image).toBe(image);
  expect(setup.title).not.toBe("");
  expect(setup.terminals.flat()).not.toEqual([]);
  expect(needsOf({ setup, base }, { previewsShareStorage: true })).toEqual(needs);
  const schema = readFileSync(new URL(JSON.parse(text).$schema, FOLDER), "utf8");
  const isSound = new Ajv().compile(JSON.parse(schema));
  expect([isSound(JSON.parse(text)), isSound.errors]).toEqual([true, null]);
});
