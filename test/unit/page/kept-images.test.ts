import { expect, test } from "vitest";
import { keptImages, setKept } from "../../../src/app/kept-images.ts";

function storage(value: string | null) {
  return {
    getItem: () => value,
    setItem: (_key: string, now: string) => {
      value = now;
    },
  };
}

test("images are wanted until they are not", () => {
  const place = storage(null);
  expect(keptImages(place)).toEqual([]);
  setKept(place, "base", true);
  setKept(place, "python", true);
  setKept(place, "base", true);
  expect(keptImages(place)).toEqual(["python", "base"]);
  setKept(place, "python", false);
  setKept(place, "tiny", false);
  expect(keptImages(place)).toEqual(["base"]);
});

test.each(["", "{}", "null", '"base"', "[", '[1, "../base", null]'])("%s is as none", (value) => {
  expect(keptImages(storage(value))).toEqual([]);
});

test("a browser that keeps nothing has none", () => {
  const blocked = {
    getItem: () => {
      throw new DOMException("", "SecurityError");
    },
    setItem: () => {},
  };
  expect(keptImages(undefined)).toEqual([]);
  expect(keptImages(blocked)).toEqual([]);
});
