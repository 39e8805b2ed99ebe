/** Set-ups in links: what is packed comes back, and what is no set-up costs little. */
import { deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isSetupFragment, packSetup, unpackSetup } from "../../../src/setup/link.ts";
import { linkTo, portable } from "../../../src/setup/portable.ts";
import { SETUP_BYTES, SETUP_LINK_CHARACTERS } from "../../../workers/shared/limits.ts";

const MIB = 2 ** 20;
const fragmentOf = (bytes: Uint8Array) =>
  `#setup=${deflateRawSync(bytes, { level: 9 }).toString("base64url")}`;
const invalid = (message: string) => expect.objectContaining({ code: "invalid-input", message });
const DAMAGED = invalid("The set-up in this link is damaged.");
const TOO_LARGE = invalid(`The set-up in this link is larger than ${SETUP_BYTES} bytes.`);

test("any text comes back, and its link has only letters that links may have", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "grapheme", maxLength: 2000 }), async (text) => {
      const fragment = await packSetup(text);
      expect(fragment).toMatch(/^#setup=[A-Za-z0-9_-]+$/);
      expect(isSetupFragment(fragment)).toBe(true);
      expect(await unpackSetup(fragment)).toBe(text);
    }),
  );
});

test("what Node packs is read too", async () => {
  expect(await unpackSetup(fragmentOf(Buffer.from('{ "run": "ls é" }')))).toBe('{ "run": "ls é" }');
});

test("the largest document goes in, also one that cannot be compressed", async () => {
  let state = 1;
  const letters = Array.from({ length: SETUP_BYTES }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return String.fromCharCode(32 + ((state >>> 24) % 95));
  });
  const text = letters.join("");
  const fragment = await packSetup(text);
  expect(fragment.length).toBeLessThan(SETUP_LINK_CHARACTERS);
  expect(await unpackSetup(fragment)).toBe(text);
});

test.each([
  ["one byte too many", SETUP_BYTES + 1],
  ["a bomb", 256 * MIB],
])("%s is refused", async (_what, size) => {
  const fragment = fragmentOf(new Uint8Array(size).fill(0x61));
  await expect(unpackSetup(fragment)).rejects.toThrow(TOO_LARGE);
});

test("a bomb is not unpacked: what comes of it is asked for piece by piece", async () => {
  const unpacked: number[] = [];
  const original = globalThis.DecompressionStream;
  const counting = new TransformStream<Uint8Array, Uint8Array>({
    transform(piece, controller) {
      unpacked.push(piece.length);
      controller.enqueue(piece);
    },
  });
  globalThis.DecompressionStream = class {
    readonly writable: WritableStream;
    readonly readable: ReadableStream;
    constructor(format: CompressionFormat) {
      const { readable, writable } = new original(format);
      this.writable = writable;
      this.readable = readable.pipeThrough(counting);
    }
  } as typeof DecompressionStream;
  try {
    const bomb = fragmentOf(new Uint8Array(256 * MIB));
    await expect(unpackSetup(bomb)).rejects.toThrow(TOO_LARGE);
  } finally {
    globalThis.DecompressionStream = original;
  }
  expect(unpacked.reduce((sum, length) => sum + length, 0)).toBeLessThan(4 * MIB);
});

test("a link that is longer than any is refused as it is", async () => {
  const fragment = `#setup=${"A".repeat(SETUP_LINK_CHARACTERS + 1)}`;
  await expect(unpackSetup(fragment)).rejects.toThrow(TOO_LARGE);
});

test.each(["", "=", "a b", "%7B%7D", "A", "____", "e30"])("damaged: “%s”", async (packed) => {
  await expect(unpackSetup(`#setup=${packed}`)).rejects.toThrow(DAMAGED);
});

test("a link that was cut off is damaged", async () => {
  const fragment = await packSetup(JSON.stringify({ run: "echo a link that is long enough" }));
  await expect(unpackSetup(fragment.slice(0, -8))).rejects.toThrow(DAMAGED);
});

test("a document that is not UTF-8 is damaged", async () => {
  await expect(unpackSetup(fragmentOf(Uint8Array.of(0x22, 0xff, 0x22)))).rejects.toThrow(DAMAGED);
});

test("a set-up that was fetched is carried with whole addresses", async () => {
  const document = {
    $schema: "../tabnix.schema.json",
    files: {
      "/a": "x",
      "/b": ["y"],
      "/c": { url: "data/c.csv", mode: "600" },
      "/d": { content: "" },
    },
  };
  const loaded = {
    text: JSON.stringify(document, undefined, 2),
    base: new URL("https://docs.example/course/tabnix.json"),
  };
  const whole = {
    ...document,
    files: {
      ...document.files,
      "/c": { url: "https://docs.example/course/data/c.csv", mode: "600" },
    },
  };
  expect(JSON.parse(portable(loaded))).toEqual(whole);
  const page = new URL("https://tabnix.example/play/?setup=x#y");
  const link = await linkTo({ ...loaded, setup: undefined as never, isFetched: true }, page);
  expect(link).toMatch(/^https:\/\/tabnix\.example\/play\/#setup=[A-Za-z0-9_-]+$/);
  expect(await unpackSetup(new URL(link).hash)).toBe(JSON.stringify(whole));
});
