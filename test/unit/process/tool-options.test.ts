/** What modules ask for in their section "tabnix". */
import { expect, test } from "vitest";
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import { toByteString } from "../../../workers/kernel/filesystem/names.ts";
import { makeDirectories, makeSymlink } from "../../../workers/kernel/filesystem/paths.ts";
import { preopensOf, workingDirectory } from "../../../workers/kernel/process/preopens.ts";
import {
  type ToolOptions,
  toolOptions,
  withOptions,
} from "../../../workers/kernel/process/tool-options.ts";
import { MAX_TOOL_FOLDERS, MAX_TOOL_OPTIONS_BYTES } from "../../../workers/shared/limits.ts";
import { assemble } from "../wasi/assemble.ts";

const NOTHING = { folders: [], environment: new Map(), searchPaths: new Map() };
const ROOT = { uid: 0, gid: 0, groups: [], umask: 0 };

/** An empty module with that text in its section. */
async function moduleWith(text: string): Promise<WebAssembly.Module> {
  const content = Buffer.concat([Buffer.from("\x06tabnix"), Buffer.from(text)]);
  const size = [content.length & 0x7f, (content.length >> 7) & 0x7f, content.length >> 14];
  // LEB128 of three bytes, whatever the length.
  const section = [0, size[0]! | 0x80, size[1]! | 0x80, size[2]!];
  const module = await assemble("(module)");
  return WebAssembly.compile(Buffer.concat([module, Buffer.from(section), content]));
}

test("a module without a section asks for nothing", async () => {
  const module = await WebAssembly.compile((await assemble("(module)")) as BufferSource);
  expect(toolOptions(module)).toEqual(NOTHING);
});

test("options are read, and what is not for the machine is let be", async () => {
  const options = {
    name: "tool",
    cwd: "self",
    folders: ["/usr/bin"],
    environment: { HOME: "/x" },
    searchPaths: { PATH: "/y" },
    standardInput: { operands: 1, valued: ["-e", "--regexp"] },
    prepare: {
      arguments: ["-B"],
      context: "-X",
      options: ["-c"],
      environment: ["HOME"],
      unless: "PYTHON",
      started: 7,
    },
  };
  expect(toolOptions(await moduleWith(JSON.stringify(options)))).toEqual({
    cwd: "self",
    folders: ["/usr/bin"],
    environment: new Map([["HOME", "/x"]]),
    searchPaths: new Map([["PATH", "/y"]]),
    standardInput: {
      argument: "-",
      operands: 1,
      instead: new Set(),
      valued: new Set(["-e", "--regexp"]),
      without: new Set(),
    },
    prepare: { ...options.prepare, options: new Set(["-c"]) },
  });
  expect(toolOptions(await moduleWith("{}"))).toEqual(NOTHING);
});

test.each([
  "",
  "nothing",
  "[]",
  "null",
  '"text"',
  '{"cwd":"other"}',
  '{"environment":[]}',
  '{"folders":"/x"}',
  '{"folders":["x"]}',
  '{"folders":[1]}',
  `{"folders":${JSON.stringify(Array(MAX_TOOL_FOLDERS + 1).fill("/x"))}}`,
  '{"environment":{"A":1}}',
  '{"environment":{"A B":"x"}}',
  '{"environment":{"A=B":"x"}}',
  '{"searchPaths":"x"}',
  '{"searchPaths":{"":"x"}}',
  '{"searchPaths":{"A":"\\u0000"}}',
  '{"standardInput":"-"}',
  '{"standardInput":{"argument":1}}',
  '{"standardInput":{"argument":"\\u0000"}}',
  '{"standardInput":{"operands":-1}}',
  '{"standardInput":{"operands":0.5}}',
  '{"standardInput":{"valued":"-e"}}',
  '{"standardInput":{"valued":["e"]}}',
  '{"standardInput":{"without":["--a=b"]}}',
  '{"standardInput":{"instead":[1]}}',
  `{"name":"${"x".repeat(MAX_TOOL_OPTIONS_BYTES)}"}`,
])("refused: %.40s", async (text) => {
  const module = await moduleWith(text);
  expect(() => toolOptions(module)).toThrow(/^its section "tabnix" is not one/);
});

test("the caller's environment wins, search paths come after it, and PWD is true", () => {
  const options = {
    folders: [],
    environment: new Map([
      ["A", "tool"],
      ["B", "tool"],
    ]),
    searchPaths: new Map([
      ["P", "/tool"],
      ["Q", "/tool"],
      ["R", "/tool"],
    ]),
  };
  const given = ["A=caller", "P=/x:/y", "R=", "PWD=/wrong", "odd", "E=a=b"];
  expect(withOptions(given, "/here", options).sort()).toEqual(
    [
      ...["A=caller", "B=tool", "E=a=b", "P=/x:/y:/tool", "PWD=/here"],
      ...["Q=/tool", "R=/tool", "odd="],
    ].sort(),
  );
});

test("the working directory keeps the links that led to it", () => {
  const fs = new FileSystem();
  makeDirectories(fs, "/home/user");
  makeSymlink(fs, "/here", "/home/user");
  const from = (directory: string, pwd: string) =>
    workingDirectory(fs, { directory: toByteString(directory), environment: [toByteString(pwd)] });
  expect(from("/home/user", "PWD=/here")).toBe("/here");
  expect(from("/run/tabnix/live/home/user", "PWD=/here")).toBe("/here");
  expect(from("/home/user", "PWD=/home")).toBe("/home/user");
  expect(from("/home/user", "PWD=/home/./user")).toBe("/home/user");
  expect(from("/home/user", "PWD=relative")).toBe("/home/user");
  expect(from("/proc/1", "PWD=/proc/1")).toBe("/proc/1");
  expect(from("/home/user", "OTHER=/here")).toBe("/home/user");
});

test("who finds the working directory by itself has the root", () => {
  const fs = new FileSystem();
  makeDirectories(fs, "/home/user");
  makeDirectories(fs, "/etc");
  const folders = ["/home/user", "/none"];
  const paths = (options: Partial<ToolOptions>) =>
    preopensOf(fs, "/home/user", ROOT, { ...NOTHING, ...options }).map(({ path, file }) => [
      file,
      path,
    ]);
  expect(paths({ cwd: "self" })).toEqual([[3, "/"]]);
  expect(paths({ cwd: "self", folders })).toEqual([
    [3, "/"],
    [4, "/home/user"],
  ]);
  expect(paths({})).toEqual([
    [3, "."],
    [4, "/home"],
    [5, "/etc"],
  ]);
});
