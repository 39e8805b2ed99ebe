/** Whether a command names a file, for programs that must be told to read standard input. */
import { expect, test } from "vitest";
import {
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFREG,
  S_IFSOCK,
} from "../../../workers/kernel/filesystem/inode.ts";
import { withStandardInput } from "../../../workers/kernel/process/standard-input.ts";

/** As a grep: a pattern, then files. */
const HOW = {
  argument: "-",
  operands: 1,
  instead: new Set(["-e", "--regexp", "-f"]),
  valued: new Set(["-e", "--regexp", "-f", "-A", "--glob"]),
  without: new Set(["--files", "-V"]),
};

test.each([
  ["x"],
  ["-n", "x"],
  ["-A", "1", "x"],
  ["-A1", "x"],
  ["-nA1", "x"],
  ["-nA=1", "x"],
  ["-nA", "1", "x"],
  ["--glob", "*.c", "x"],
  ["--glob=*.c", "x"],
  ["--color=never", "x"],
  ["-e", "x"],
  ["-ex"],
  ["-nex"],
  ["-e", "x", "-e", "y"],
  ["--regexp", "x"],
  ["--regexp=x"],
  ["-f", "patterns"],
  ["x", "--"],
  ["--", "-V"],
  ["--", "--"],
  ["-e", "-V"],
  [""],
])("reads standard input: %j %j %j %j", (...args) => {
  expect(withStandardInput(["rg", ...args], HOW, S_IFIFO)).toEqual(["rg", ...args, "-"]);
});

test.each([
  [],
  ["-n"],
  ["x", "file"],
  ["x", "-"],
  ["x", "-n", "file"],
  ["-e", "x", "file"],
  ["-ex", "file"],
  ["--regexp=x", "file"],
  ["x", "--", "-n"],
  ["--", "x", "y"],
  ["-f", "-"],
  ["-f-"],
  ["--files"],
  ["x", "--files"],
  ["-nV"],
  ["-A"],
  ["--glob"],
  ["--glob", "x"],
])("does not: %j %j %j", (...args) => {
  expect(withStandardInput(["rg", ...args], HOW, S_IFIFO)).toEqual(["rg", ...args]);
});

test("what is no pipe, file or socket is not read", () => {
  const reads = (mode: number) => withStandardInput(["rg", "x"], HOW, mode).length === 3;
  expect([S_IFIFO, S_IFREG | 0o644, S_IFSOCK].map(reads)).toEqual([true, true, true]);
  expect([0, S_IFCHR | 0o620, S_IFDIR].map(reads)).toEqual([false, false, false]);
});
