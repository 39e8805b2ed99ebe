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

test.each([
  [
    "a range of versions",
    { ...TOOL, package: "tool@^1.2.3" },
    /^\/tools\/\/bin\/a\/package must match pattern ".*" \(The npm package and its exact version, "name@1\.2\.3"\)\.$/,
  ],
  ["no version", { ...TOOL, package: "tool" }, /^\/tools\/\/bin\/a\/package must match/],
  [
    "a weaker hash",
    { ...TOOL, integrity: `sha1-${"A".repeat(27)}=` },
    /^\/tools\/\/bin\/a\/integrity must match pattern ".*" \(The SHA-512 of the registry's tarball.*\)\.$/,
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
