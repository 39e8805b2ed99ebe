import fc from "fast-check";
import { expect, test } from "vitest";
import { toByteString, toText } from "../../../workers/kernel/filesystem/names.ts";
import { byteStringOf } from "../../../workers/shared/bytes.ts";

test("text becomes UTF-8, one character a byte", () => {
  expect(toByteString("plain")).toBe("plain");
  expect(toByteString("Főt😀")).toBe("F\xc5\x91t\xf0\x9f\x98\x80");
  expect(toText("F\xc5\x91t\xf0\x9f\x98\x80")).toBe("Főt😀");
});

test("bytes that are not UTF-8 are escaped, and only they", () => {
  expect(toText("a\xff\xc5\x91\xc5")).toBe("a\udcffő\udcc5");
  expect(toText("\xed\xa0\x80")).toBe("\udced\udca0\udc80");
  expect(toText("\xef\xbb\xbfname")).toBe("\ufeffname");
});

test("every name survives the way to text and back", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const name = byteStringOf(bytes);
      expect(toByteString(toText(name))).toBe(name);
    }),
  );
});
