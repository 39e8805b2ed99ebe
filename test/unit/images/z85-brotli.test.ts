import { brotliCompressSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeZ85Brotli } from "../../../images/build/packages/z85-brotli.ts";
import { TabnixError } from "../../../workers/shared/errors.ts";
import { toZ85 } from "./registry-fixture.ts";

const MAX_BYTES = 1000;

function decode(source: string, maxBytes = MAX_BYTES): Buffer {
  return Buffer.from(decodeZ85Brotli(Buffer.from(source), "x.mjs", maxBytes));
}

function failure(source: string, maxBytes?: number): string {
  try {
    return `decoded: ${decode(source, maxBytes)}`;
  } catch (error) {
    return error instanceof TabnixError ? `${error.code}: ${error.message}` : String(error);
  }
}

test("the alphabet is that of ZeroMQ's RFC 32", () => {
  expect(toZ85(Buffer.from("864fd26fb559f75b", "hex"))).toBe("HelloWorld");
});

test("decodes any bytes, with and without their stated length", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: MAX_BYTES }), fc.boolean(), (bytes, stated) => {
      const packed = brotliCompressSync(bytes);
      const length = stated ? `const compressedByteLength = ${packed.length};\n` : "";
      // Other strings, one with a blank before a sum: what is between them is no literal.
      const source = `const a = "a b"+"${toZ85(packed)}"+'c';\n${length}`;
      expect(decode(source)).toEqual(Buffer.from(bytes));
    }),
  );
});

test("takes the longest text and not the first", () => {
  const text = toZ85(brotliCompressSync(Buffer.from("the program")));
  const alphabet = text.slice(0, text.length - 5);
  expect(decode(`const a = "${alphabet}", b = \`${text}\`, c = '${alphabet}';`).toString()).toBe(
    "the program",
  );
});

test("refuses what is not of this kind", () => {
  const packed = brotliCompressSync(Buffer.from("the program"));
  const text = toZ85(packed);
  expect([
    failure("const a = 1;"),
    failure(`const a = "${text}0";`),
    failure('const a = "#####";'),
    failure(`const a = "${text}", compressedByteLength = ${packed.length + 100};`),
    failure(`const a = "${text}", compressedByteLength = ${packed.length - 4};`),
    failure(`const a = "${text.slice(5)}";`),
    failure(`const a = "${text}";`, 10),
  ]).toEqual([
    "invalid-input: x.mjs has no Z85 text.",
    "invalid-input: x.mjs has no Z85 text.",
    "invalid-input: x.mjs has a group that is not Z85.",
    `invalid-input: x.mjs states ${packed.length + 100} bytes but has ${(text.length / 5) * 4}.`,
    `invalid-input: x.mjs states ${packed.length - 4} bytes but has ${(text.length / 5) * 4}.`,
    "invalid-input: x.mjs has no brotli stream that unpacks to 1000 bytes or less.",
    "invalid-input: x.mjs has no brotli stream that unpacks to 10 bytes or less.",
  ]);
});
