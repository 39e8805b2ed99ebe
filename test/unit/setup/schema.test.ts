/** The published schema and the parser take the same documents for sound. */
import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseSetup } from "../../../src/setup/parse.ts";
import { RULES } from "../../../src/setup/rules.ts";
import { BAD, BAD_TOGETHER, GOOD } from "./documents.ts";

const SCHEMA = new URL("../../../public/tabnix.schema.json", import.meta.url);
const schema = JSON.parse(readFileSync(SCHEMA, "utf8"));
const isSound = new Ajv().compile(schema);

function parses(document: unknown): boolean {
  try {
    parseSetup(JSON.stringify(document));
    return true;
  } catch {
    return false;
  }
}

test.each(GOOD.map((document) => [document]))("the schema takes %j", (document) => {
  expect([isSound(document), isSound.errors]).toEqual([true, null]);
});

test.each(BAD.map(([document]) => [document]))("the schema refuses %j", (document) => {
  expect(isSound(document)).toBe(false);
});

test.each(BAD_TOGETHER.map(([document]) => [document]))(
  "the schema cannot know: %j",
  (document) => {
    expect(isSound(document)).toBe(true);
  },
);

test("patterns and lengths are the parser's", () => {
  const { properties, definitions } = schema;
  const file = properties.files.additionalProperties.oneOf[2].properties;
  const network = properties.network.oneOf[1].properties;
  const { title, description, image } = properties;
  const { content, path, command, variable, value } = definitions;
  const { base64, url, mode } = file;
  const { relay, token, lan } = network;
  const texts = { schema: properties.$schema, title, description, image, path, content, base64 };
  const all = { ...texts, url, mode, variable, value, command, relay, token, lan };
  const told = Object.entries(all).map(([name, rule]) => [name, rule.pattern, rule.maxLength]);
  expect(told).toEqual(
    Object.entries(RULES).map(([name, { pattern, most }]) => [name, pattern.source, most]),
  );
});

/** Values for every member, right and wrong, of which documents are put together. */
const anything = fc.oneof(
  fc.constantFrom<unknown>("", "x", "base", "/root/a", "ls\n", "\ud800", "A_1", "7", "755"),
  fc.constantFrom<unknown>(0, 1, 80, 1.5, true, false, null, {}, [], ["x"], [["x"], 1], [80, 80]),
  fc.constantFrom<unknown>(
    { "/a": "x" },
    { A: "x" },
    { content: "x" },
    { base64: "eA==", mode: "7" },
  ),
  fc.constantFrom<unknown>({ lan: "a" }, { relay: "wss://a.example/" }, { token: "x" }, ["files"]),
  fc.string({ unit: "binary", maxLength: 20 }),
);
const names = fc.constantFrom(...Object.keys(schema.properties), "__proto__", "toString", "File");
const inner = fc.constantFrom(
  "/a",
  "/b/c",
  "A",
  "content",
  "base64",
  "url",
  "mode",
  "relay",
  "token",
  "lan",
  "",
);
const object = (name: fc.Arbitrary<string>, value: fc.Arbitrary<unknown>) =>
  fc.array(fc.tuple(name, value), { maxLength: 4 }).map((pairs) => Object.fromEntries(pairs));
const documents = object(
  names,
  fc.oneof(
    anything,
    fc.array(anything, { maxLength: 3 }),
    object(inner, anything),
    object(inner, object(inner, anything)),
  ),
);

test("any document: both say the same", () => {
  let sound = 0;
  fc.assert(
    fc.property(documents, (document) => {
      // As it would be read from a file.
      const read: unknown = JSON.parse(JSON.stringify(document));
      expect(parses(read)).toBe(isSound(read));
      sound += parses(read) ? 1 : 0;
    }),
    { numRuns: 5000 },
  );
  // Of documents that are all wrong the agreement would say little.
  expect(sound).toBeGreaterThan(100);
});

test("any text: a set-up, or an error that says where", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.json(),
        fc.string(),
        documents.map((one) => JSON.stringify(one)),
      ),
      (text) => {
        try {
          parseSetup(text);
        } catch (error) {
          expect(error).toMatchObject({
            code: "invalid-input",
            message: expect.stringMatching(/^The set-up is wrong(: | at .)/s),
          });
        }
      },
    ),
  );
});
