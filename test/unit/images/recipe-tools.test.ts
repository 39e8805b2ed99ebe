import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadRecipe } from "../../../images/build/recipe.ts";
import { failure, folder, write } from "./recipe-folder.ts";

const OK = { description: "x", suite: "trixie", memory: 64 };

const TOOL = {
  package: "@scope/tool@1.2.3",
  integrity: `sha512-${"A".repeat(86)}==`,
  file: "dist/tool.wasm",
  licence: "PSF-2.0 AND (MIT OR Unlicense)",
};

test("reads tools", async () => {
  const more = {
    unpack: "z85-brotli",
    exports: ["main"],
    version: "15.1.0",
    options: { cwd: "self", environment: { A: "1" }, searchPaths: { B: "/b" } },
  };
  await write("x", {
    ...OK,
    tools: {
      "/usr/local/bin/a": TOOL,
      "/usr/local/bin/b": { ...TOOL, ...more, data: { "/usr/lib/b": "lib/b" } },
    },
  });
  expect((await loadRecipe("x", folder)).tools).toEqual([
    { path: "/usr/local/bin/a", ...TOOL, options: {}, data: [] },
    {
      path: "/usr/local/bin/b",
      ...TOOL,
      ...more,
      data: [{ path: "/usr/lib/b", source: "lib/b" }],
    },
  ]);
});

test("reads how a tool is compiled, with the texts of its files", async () => {
  const { file: _, ...source } = TOOL;
  const archive = "pool/main/t/tool/tool_1.2.3.orig.tar.xz";
  const compile = { sources: ["*.c"], flags: ["-O2"], files: { "sys/ours.h": "tools/ours.h" } };
  await mkdir(join(folder, "tools"), { recursive: true });
  await writeFile(join(folder, "tools/ours.h"), "int ours;\n");
  await write("x", { ...OK, tools: { "/bin/a": { ...source, archive, compile } } });
  const files = { "sys/ours.h": "int ours;\n" };
  expect((await loadRecipe("x", folder)).tools).toEqual([
    { path: "/bin/a", ...source, archive, compile: { ...compile, files }, options: {}, data: [] },
  ]);
  const outside = { ...compile, files: { "a.h": "../a.h" } };
  await write("x", { ...OK, tools: { "/bin/a": { ...source, archive, compile: outside } } });
  expect(await failure("x")).toBe(
    "invalid-input: The recipe x.json: /tools//bin/a/compile/files/a.h is outside the recipe's folder: ../a.h.",
  );
});

test.each([
  [
    "neither a module nor sources",
    { ...TOOL, file: undefined },
    /^\/tools\/\/bin\/a must have required property 'file'\.$/,
  ],
  [
    "a module and sources",
    { ...TOOL, compile: { sources: ["a.c"], flags: [] } },
    /^\/tools\/\/bin\/a must match exactly one schema in oneOf\.$/,
  ],
  [
    "a tarball of Debian that is elsewhere",
    { ...TOOL, archive: "pool/../a.tar.gz" },
    /^\/tools\/\/bin\/a\/archive must match pattern/,
  ],
  [
    "sources outside",
    { ...TOOL, file: undefined, compile: { sources: ["../a.c"], flags: [] } },
    /^\/tools\/\/bin\/a\/compile\/sources\/0 must match pattern/,
  ],
  [
    "a range of versions",
    { ...TOOL, package: "tool@^1.2.3" },
    /^\/tools\/\/bin\/a\/package must match pattern ".*" \(The npm package and its exact version, "name@1\.2\.3"\)\.$/,
  ],
  ["no version", { ...TOOL, package: "tool" }, /^\/tools\/\/bin\/a\/package must match/],
  [
    "a weaker hash",
    { ...TOOL, integrity: `sha1-${"A".repeat(27)}=` },
    /^\/tools\/\/bin\/a\/integrity must match pattern ".*" \(The SHA-512 of the tarball.*\)\.$/,
  ],
  [
    "a hash that is cut short",
    { ...TOOL, integrity: `sha512-${"A".repeat(84)}==` },
    /^\/tools\/\/bin\/a\/integrity must match/,
  ],
  [
    "no hash",
    { ...TOOL, integrity: undefined },
    /^\/tools\/\/bin\/a must have required property 'integrity'\.$/,
  ],
  ["no licence", { ...TOOL, licence: "" }, /^\/tools\/\/bin\/a\/licence must match/],
  [
    "a file outside",
    { ...TOOL, file: "dist/../../tool.wasm" },
    /^\/tools\/\/bin\/a\/file must match pattern ".*" \(A path inside the package.*\)\.$/,
  ],
  ["an absolute file", { ...TOOL, file: "/tool" }, /^\/tools\/\/bin\/a\/file must match/],
  [
    "another packing",
    { ...TOOL, unpack: "gzip" },
    /^\/tools\/\/bin\/a\/unpack must be equal to one of the allowed values: z85-brotli\.$/,
  ],
  [
    "an unknown option",
    { ...TOOL, options: { pwd: "self" } },
    /^\/tools\/\/bin\/a\/options must NOT have additional properties: "pwd"\.$/,
  ],
  [
    "an option without a hyphen",
    { ...TOOL, options: { standardInput: { valued: ["e"] } } },
    /^\/tools\/\/bin\/a\/options\/standardInput\/valued\/0 must match pattern ".*" \(An option is .*\)\.$/,
  ],
  [
    "a variable's bad name",
    { ...TOOL, options: { environment: { "A=B": "" } } },
    /^\/tools\/\/bin\/a\/options\/environment must match pattern/,
  ],
  [
    "data at a relative path",
    { ...TOOL, data: { lib: "lib" } },
    /^\/tools\/\/bin\/a\/data must match pattern/,
  ],
  [
    "data over the tool",
    { ...TOOL, data: { "/bin/a": "lib" } },
    /^has more than one thing at \/bin\/a\.$/,
  ],
])("refuses a tool with %s", async (_, tool, message) => {
  await write("x", { ...OK, tools: { "/bin/a": tool } });
  const [prefix, rest = ""] = (await failure("x")).split("x.json: ");
  expect(prefix).toBe("invalid-input: The recipe ");
  expect(rest).toMatch(message);
});

test.each([
  ["a relative path", { tools: { "bin/a": TOOL } }, /^\/tools must match pattern/],
  ["a path upwards", { tools: { "/bin/../a": TOOL } }, /^\/tools must match pattern/],
  ["a line's end in a path", { tools: { "/bin/a\nb": TOOL } }, /^\/tools must match pattern/],
  [
    "a tool and a file in one place",
    { tools: { "/bin/a": TOOL }, files: { "/bin/a": { content: "" } } },
    /^has more than one thing at \/bin\/a\.$/,
  ],
  [
    "a tool and a link in one place",
    { tools: { "/bin/a": TOOL }, symlinks: { "/bin/a": "b" } },
    /^has more than one thing at \/bin\/a\.$/,
  ],
])("refuses %s", async (_, fields, message) => {
  await write("x", { ...OK, ...fields });
  const [prefix, rest = ""] = (await failure("x")).split("x.json: ");
  expect(prefix).toBe("invalid-input: The recipe ");
  expect(rest).toMatch(message);
});
