/** Tools from C sources, by the very compiler. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Cache } from "../../../images/build/cache.ts";
import { silent } from "../../../images/build/progress.ts";
import { type Compile, Compiler } from "../../../images/build/tools/compile.ts";
import { tarOf } from "./mirror-fixture.ts";

/** Starting the compiler takes seconds, and more on a machine that is busy. */
const COMPILE_MILLISECONDS = 120_000;

const MAIN = `#include <stdio.h>
#include "answer.h"
#include "ours.h"
int main(void) { printf("%s %d\\n", GREETING, answer()); return ANSWER; }
`;
const SOURCES = {
  "src/main.c": MAIN,
  "src/answer.c": '#include "answer.h"\nint answer(void) { return ANSWER; }\n',
  "src/answer.h": "#define ANSWER 41\nint answer(void);\n",
  "src/broken.c": "int broken(void) { return nothing; }\n",
};
const RECIPE: Compile = {
  folder: "src",
  sources: ["*.c"],
  without: ["broken.c"],
  flags: ["-O1"],
  files: { "ours.h": '#define GREETING "hello"\n' },
  replace: [{ file: "answer.h", text: "ANSWER 41", with: "ANSWER 42" }],
};

let folder: string;
let cache: Cache;
let compiler: Compiler;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tabnix-compile-"));
  cache = await Cache.open(folder);
  compiler = new Compiler(cache, silent);
});

afterAll(async () => {
  await compiler.close();
  await rm(folder, { recursive: true });
});

function filesOf(files: Record<string, string>): Map<string, Uint8Array> {
  return new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]));
}

/** Runs a module that writes to standard output alone. */
function outputOf(module: Uint8Array): { output: string; status: number } {
  let memory: WebAssembly.Memory | undefined;
  let output = "";
  let status = 0;
  class Exit extends Error {}
  const known: Record<string, (...args: number[]) => number> = {
    fd_write: (_, list = 0, count = 0, written = 0) => {
      const view = new DataView(memory?.buffer ?? new ArrayBuffer(0));
      let total = 0;
      for (let at = list; at < list + count * 8; at += 8) {
        const [start, length] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
        output += Buffer.from(view.buffer, start, length).toString();
        total += length;
      }
      view.setUint32(written, total, true);
      return 0;
    },
    proc_exit: (code = 0) => {
      status = code;
      throw new Exit();
    },
  };
  const compiled = new WebAssembly.Module(Uint8Array.from(module));
  const imports = WebAssembly.Module.imports(compiled);
  const functions = imports.map(({ name }) => [name, known[name] ?? (() => 0)]);
  const { exports } = new WebAssembly.Instance(compiled, {
    wasi_snapshot_preview1: Object.fromEntries(functions),
  });
  memory = exports["memory"] as WebAssembly.Memory;
  try {
    (exports["_start"] as () => void)();
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
  }
  return { output, status };
}

test(
  "compiles sources with files and changes of ours, and keeps the module",
  async () => {
    const module = await compiler.compile("tool", RECIPE, filesOf(SOURCES));
    expect(outputOf(module)).toEqual({ output: "hello 42\n", status: 42 });

    const inner = gzipSync(
      await tarOf(
        Object.entries(SOURCES).map(([path, content]) => ({ name: `x/${path}`, content })),
      ),
    );
    // Nothing is compiled again; from a tarball inside the package it would be.
    const other = new Compiler(cache, {
      ...silent,
      stage: (label) => {
        throw new Error(label);
      },
    });
    const again = await other.compile("tool", RECIPE, filesOf(SOURCES));
    expect(Uint8Array.from(again)).toEqual(module);
    const nested = { ...RECIPE, tarball: "deps/x.tar.gz" };
    await expect(
      other.compile("tool", nested, new Map([["deps/x.tar.gz", inner]])),
    ).rejects.toThrow("Compile tool");
    await other.close();
    expect(await readdir(join(folder, "compiled"))).toHaveLength(1);
  },
  COMPILE_MILLISECONDS,
);

test(
  "says what does not compile, and goes on",
  async () => {
    const broken = { ...RECIPE, without: [] };
    await expect(compiler.compile("tool", broken, filesOf(SOURCES))).rejects.toMatchObject({
      code: "invalid-input",
      message: expect.stringMatching(
        /^The tool tool cannot be compiled: clang --target=wasm32-wasip1 -w -O1 -c broken\.c -o broken\.c\.o failed:\nbroken\.c:1:27: error: use of undeclared identifier 'nothing'\n/,
      ),
    });
    const unresolved = { ...RECIPE, sources: ["main.c"], without: [] };
    await expect(compiler.compile("tool", unresolved, filesOf(SOURCES))).rejects.toThrow(
      "undefined symbol: answer",
    );
  },
  COMPILE_MILLISECONDS,
);

test.each<[string, Partial<Compile>, string]>([
  ["a source that is not there", { sources: ["main.c", "other.c"] }, "there is no other.c"],
  ["a folder that is not there", { folder: "source" }, "answer.h has"],
  ["a tarball that is not there", { tarball: "a.tar.gz" }, "there is no a.tar.gz"],
  [
    "a change that has no place",
    { replace: [{ file: "main.c", text: "absent", with: "" }] },
    'main.c has "absent" 0 times instead of once',
  ],
  [
    "a change that has two",
    { replace: [{ file: "main.c", text: "#include", with: "" }] },
    'main.c has "#include" 3 times instead of once',
  ],
])("refuses %s before it starts the compiler", async (_, change, message) => {
  const never = new Compiler(cache, silent);
  await expect(
    never.compile("tool", { ...RECIPE, ...change }, filesOf(SOURCES)),
  ).rejects.toMatchObject({
    code: "invalid-input",
    message: expect.stringContaining(`The tool tool cannot be compiled: ${message}`),
  });
});
