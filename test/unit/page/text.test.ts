import { expect, test } from "vitest";
import { computerOptions } from "../../../src/app/address.ts";
import { formatBytes, formatMemory } from "../../../src/app/format.ts";
import { KernelLog } from "../../../src/app/kernel-log.ts";

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [3_912_345, "3.9 MB"],
  [128_000_000, "128 MB"],
  [5e12, "5.0 TB"],
])("%d bytes", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test("memory is told in binary units", () => {
  expect(formatMemory(128 * 2 ** 20)).toBe("128 MiB");
});

test("kernel messages come in pieces and keep only their end", () => {
  const log = new KernelLog();
  log.append("one\r\ntw");
  log.append("o\nthree");
  expect(log.toString()).toBe("one\ntwo\nthree");
  log.append(`\n${"x\n".repeat(1000)}last`);
  expect(log.toString()).toBe(`${"x\n".repeat(499)}last`);
  log.clear();
  expect(log.toString()).toBe("");
});

const BASE = "https://example.org/linux/";

test.each([
  ["", { image: "base", imagesUrl: `${BASE}images/`, coldBoot: false }],
  ["?image=python&cold", { image: "python", imagesUrl: `${BASE}images/`, coldBoot: true }],
  [
    "?hostname=box",
    { image: "base", imagesUrl: `${BASE}images/`, coldBoot: false, hostname: "box" },
  ],
])("address %j", (query, options) => {
  expect(computerOptions(new URL(query, BASE), BASE, { last: "tiny" })).toEqual(options);
});

test("the home screen starts the image that was used last, if there is one", () => {
  const imageOf = (query: string, last?: string) =>
    computerOptions(new URL(query, BASE), BASE, { last }).image;
  expect(imageOf("?last", "python")).toBe("python");
  expect(imageOf("?last")).toBe("base");
  expect(imageOf("?last&image=tiny", "python")).toBe("tiny");
});

test.each(["../base", "a/b", "", ".hidden", "Base", "x".repeat(65)])(
  "image %j is refused",
  (name) => {
    const address = new URL(`?image=${encodeURIComponent(name)}`, BASE);
    expect(() => computerOptions(address, BASE)).toThrow(
      expect.objectContaining({
        code: "invalid-input",
        message: `“${name}” is not the name of an image.`,
      }),
    );
  },
);
