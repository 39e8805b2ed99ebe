import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Cache } from "../../../images/build/cache.ts";
import { silent } from "../../../images/build/progress.ts";
import {
  fetchTools,
  type LoadedTool,
  makeTools,
  type RecipeTool,
} from "../../../images/build/tools/tool.ts";
import { toErrorMessage } from "../../../workers/shared/errors.ts";
import {
  EMPTY_MODULE,
  integrityOf,
  type Registry,
  startRegistry,
  toZ85,
} from "./registry-fixture.ts";

const TARBALL = "@scope/some-tool/-/some-tool-1.2.3.tgz";
const FILES = {
  "package.json": "{}",
  LICENSE: "licence",
  "dist/tool.wasm": EMPTY_MODULE,
  "lib/a.py": "a",
  "lib/sub/b.py": "b",
  "library/c.py": "c",
  "dist/text.mjs": 'export const text = "no module";',
};

let registry: Registry;
let folder: string;
let integrity: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tabnix-tools-"));
  registry = await startRegistry();
  integrity = await registry.publish(TARBALL, FILES);
});

afterEach(async () => {
  await registry.stop();
  await rm(folder, { recursive: true });
});

async function load(
  change: Partial<RecipeTool> = {},
  address = async () => registry.address,
): Promise<LoadedTool> {
  const tool: RecipeTool = {
    path: "/usr/local/bin/tool",
    package: "@scope/some-tool@1.2.3",
    integrity,
    file: "dist/tool.wasm",
    licence: "MIT",
    options: {},
    data: [],
    ...change,
  };
  const cache = await Cache.open(folder);
  const origins = { registry: address, mirror: () => `${registry.address}/debian` };
  const fetched = await fetchTools([tool], cache, silent, origins);
  const [loaded] = await makeTools(fetched, cache, silent);
  if (!loaded) throw new Error("nothing was loaded");
  return loaded;
}

async function failure(change: Partial<RecipeTool>): Promise<string> {
  const { code, message } = await load(change).then(
    () => ({ code: "none", message: "it was loaded" }),
    (error: unknown) => toErrorMessage(error, "malformed"),
  );
  return `${code}: ${message.replaceAll(registry.address, "REGISTRY")}`;
}

/** What the program's own section says. */
function sectionOf({ program }: LoadedTool): unknown {
  const module = new WebAssembly.Module(Uint8Array.from(program));
  const [section] = WebAssembly.Module.customSections(module, "tabnix");
  return JSON.parse(Buffer.from(section ?? new ArrayBuffer(0)).toString("utf8"));
}

test("fetches a package once, and puts what the tool is into the module", async () => {
  const options = { cwd: "self", searchPaths: { TOOLPATH: "/usr/lib/tool" } } as const;
  const loaded = await load({ options });
  expect(loaded.installed).toEqual({
    name: "tool",
    version: "1.2.3",
    path: "/usr/local/bin/tool",
    bytes: loaded.program.length,
    package: "@scope/some-tool@1.2.3",
    origin: "npm",
    licence: "MIT",
    sha512: Buffer.from(integrity.slice(7), "base64").toString("hex"),
  });
  expect(sectionOf(loaded)).toEqual({
    name: "tool",
    version: "1.2.3",
    package: "@scope/some-tool@1.2.3",
    licence: "MIT",
    cwd: "self",
    searchPaths: { TOOLPATH: "/usr/lib/tool" },
  });
  expect(registry.requests).toEqual([TARBALL]);

  expect(await load({ options })).toEqual(loaded);
  expect(registry.requests).toEqual([TARBALL]);
  expect(await readdir(join(folder, "temporary"))).toEqual([]);
});

test("does not even ask where the registry is when everything is cached", async () => {
  const { program } = await load();
  const never = () => Promise.reject(new Error("it was asked"));
  expect((await load({}, never)).program).toEqual(program);
});

test("takes files and folders along, the named ones alone", async () => {
  const { data } = await load({
    data: [
      { path: "/usr/lib/tool", source: "lib" },
      { path: "/usr/share/doc/tool", source: "LICENSE" },
    ],
  });
  const texts = [...data].map(([path, bytes]) => [path, Buffer.from(bytes).toString()]);
  expect(Object.fromEntries(texts)).toEqual({
    "/usr/share/doc/tool": "licence",
    "/usr/lib/tool/a.py": "a",
    "/usr/lib/tool/sub/b.py": "b",
  });
});

test("refuses another tarball than the recipe pins, and writes nothing", async () => {
  const other = integrityOf(Buffer.from("other"));
  expect(await failure({ integrity: other })).toBe(
    `corrupt: REGISTRY/${TARBALL} does not have the SHA-512 that the recipe states as its integrity.`,
  );
  expect(await readdir(folder)).toEqual(["temporary"]);
  expect(await readdir(join(folder, "temporary"))).toEqual([]);
});

test("fetches a cached package again that was damaged", async () => {
  const { program } = await load();
  const [group = ""] = await readdir(join(folder, "packages"));
  const [file = ""] = await readdir(join(folder, "packages", group));
  await (await Cache.open(folder)).write(`packages/${group}/${file}`, "damaged");
  expect((await load()).program).toEqual(program);
  expect(registry.requests).toHaveLength(2);
});

test.each([
  [
    "a version that is not there",
    { package: "@scope/some-tool@9.9.9", integrity: integrityOf(Buffer.from("9")) },
    "not-found: The npm registry has no REGISTRY/@scope/some-tool/-/some-tool-9.9.9.tgz.",
  ],
  [
    "a file that the package lacks",
    { file: "dist/other.wasm" },
    "invalid-input: The tool /usr/local/bin/tool: @scope/some-tool@1.2.3 has no dist/other.wasm. " +
      "It has LICENSE, dist/text.mjs, dist/tool.wasm, lib/a.py, lib/sub/b.py and 2 more.",
  ],
  [
    "data that the package lacks",
    { data: [{ path: "/a", source: "li" }] },
    "invalid-input: The tool /usr/local/bin/tool: @scope/some-tool@1.2.3 has no li. " +
      "It has LICENSE, dist/text.mjs, dist/tool.wasm, lib/a.py, lib/sub/b.py and 2 more.",
  ],
  [
    "what is no module",
    { file: "package.json" },
    "invalid-input: The tool /usr/local/bin/tool: package.json of @scope/some-tool@1.2.3 is not a WebAssembly module.",
  ],
  [
    "a module that is not packed in the way stated",
    { file: "dist/text.mjs", unpack: "z85-brotli" } as const,
    "invalid-input: dist/text.mjs of @scope/some-tool@1.2.3 has no Z85 text.",
  ],
])("refuses %s", async (_, change, message) => {
  expect(await failure(change)).toBe(message);
});

test("unpacks a module from the text of a script", async () => {
  const text = toZ85(brotliCompressSync(EMPTY_MODULE));
  const script = `export const text = () => "${text}";\n`;
  const pinned = await registry.publish("packed/-/packed-1.0.0.tgz", {
    "a.mjs": script,
    "b.mjs": `export const text = "${toZ85(brotliCompressSync(Buffer.from("text")))}";`,
  });
  const packed = { package: "packed@1.0.0", integrity: pinned, unpack: "z85-brotli" } as const;
  const { program } = await load({ ...packed, file: "a.mjs" });
  expect(Buffer.from(program).subarray(0, EMPTY_MODULE.length)).toEqual(EMPTY_MODULE);
  expect(await failure({ ...packed, file: "b.mjs" })).toBe(
    "invalid-input: The tool /usr/local/bin/tool: b.mjs of packed@1.0.0 is not a WebAssembly module when unpacked.",
  );
});

test("takes a source package of Debian from the mirror", async () => {
  const archive = "pool/main/s/some/some_1.2.3.orig.tar.gz";
  const pinned = await registry.publish(`debian/${archive}`, { "tool.wasm": EMPTY_MODULE });
  const some = { package: "some@1.2.3", archive, integrity: pinned, file: "tool.wasm" };
  const { installed } = await load(some);
  expect(installed).toMatchObject({ package: "some@1.2.3", origin: "debian", version: "1.2.3" });
  expect(registry.requests).toEqual([`debian/${archive}`]);
  const gone = { ...some, archive: archive.replace("1.2.3", "9.9.9") };
  expect(await failure({ ...gone, integrity: integrityOf(Buffer.from("gone")) })).toBe(
    `not-found: The mirror has no REGISTRY/debian/${gone.archive}.`,
  );
});
