import fc from "fast-check";
import { expect, test } from "vitest";
import { textDifference } from "../../../src/terminal/text-difference.ts";

test.each([
  ["", "ls", { remove: 0, insert: "ls" }],
  ["teh", "the", { remove: 2, insert: "he" }],
  ["abc", "", { remove: 3, insert: "" }],
  ["a🦊", "a", { remove: 1, insert: "" }],
  ["a🦊", "a🐧", { remove: 1, insert: "🐧" }],
  ["same", "same", { remove: 0, insert: "" }],
])("%j to %j", (before, after, difference) => {
  expect(textDifference(before, after)).toEqual(difference);
});

test("rubbing out and typing turns any text into any other", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (before, after) => {
      const { remove, insert } = textDifference(before, after);
      const kept = [...before].slice(0, [...before].length - remove).join("");
      expect(kept + insert).toBe(after);
    }),
  );
});
