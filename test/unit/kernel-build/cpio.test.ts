import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { writeCpio } from "../../../images/build/kernel/cpio.ts";

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");

/** A header of the newc format, with the fields that are not always zero or one. */
const header = (inode: number, mode: number, size: number, nameSize: number) =>
  `070701${[inode, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, nameSize, 0]
    .map((field) => field.toString(16).padStart(8, "0"))
    .join("")}`;

test("folders, files and the trailer, each padded to four bytes", () => {
  const archive = writeCpio([
    { path: "bin", mode: 0o755 },
    { path: "bin/tool", mode: 0o750, bytes: Buffer.from("hello") },
  ]);
  expect(text(archive)).toBe(
    [
      // 110 + 4 bytes, then 2 of padding.
      `${header(1, 0o040755, 0, 4)}bin\0\0\0`,
      // 110 + 9, then 1; contents 5, then 3.
      `${header(2, 0o100750, 5, 9)}bin/tool\0\0hello\0\0\0`,
      // 110 + 11, then 3.
      `${header(0, 0, 0, 11)}TRAILER!!!\0\0\0\0`,
    ].join(""),
  );
});

test("an empty archive is its trailer", () => {
  expect(text(writeCpio([]))).toBe(`${header(0, 0, 0, 11)}TRAILER!!!\0\0\0\0`);
});
