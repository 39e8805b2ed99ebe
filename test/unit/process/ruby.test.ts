/**
 * Ruby, as the recipe `ruby` has it: on the smallest image, so that the tests need not build a larger one,
 * and on its own, if that has been built, by both engines.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { Cache, cacheFolder } from "../../../images/build/cache.ts";
import type { Guest } from "../../../images/build/guest/guest.ts";
import { silent } from "../../../images/build/progress.ts";
import { loadRecipe } from "../../../images/build/recipe.ts";
import { installTools } from "../../../images/build/tools/install.ts";
import { fetchTools, makeTools } from "../../../images/build/tools/tool.ts";
import { writeFile } from "../../../workers/kernel/filesystem/paths.ts";
import { restoredGuest } from "./restored-guest.ts";
import { RUBY_COMMANDS } from "./ruby-commands.ts";

const FOLDER = "/workspace/ruby";
const TIMEOUT_MS = 120_000;
/** The emulated Ruby's first start reads most of RubyGems. */
const BOTH_TIMEOUT_MS = 300_000;
const WASM = "/usr/local/bin";
const EMULATED = "/usr/bin";
const IS_BUILT = existsSync(join(cacheFolder(), "images/ruby/manifest.json"));

const tiny = once(async () => {
  const guest = await restoredGuest("tiny");
  const { tools, files } = await loadRecipe("ruby");
  const cache = await Cache.open();
  const made = await makeTools(await fetchTools(tools, cache, silent), cache, silent);
  await installTools(guest.fs, made, [], 0);
  for (const { path, bytes, mode } of files) await writeFile(guest.fs, path, bytes, { mode });
  return guest;
});
const whole = once(() => restoredGuest("ruby"));

describe("by WebAssembly alone", () => {
  test.each(RUBY_COMMANDS)(
    "%s",
    async (_, command, output, status) => {
      expect(await run(await tiny.get(), command, WASM)).toEqual({ output, status });
    },
    TIMEOUT_MS,
  );

  test.each([
    ["processes", 'system "ls"'],
    ["processes with an output", "`ls`"],
    ["processes with pipes", 'IO.popen "ls"'],
  ])(
    "what it has not says so: %s",
    async (_, script) => {
      const outcome = await run(await tiny.get(), `ruby -e '${script}' 2>&1 | cat`, WASM);
      expect(outcome.output).toMatch(
        /has no processes; \/usr\/bin\/ruby has them \(NotImplementedError\)/,
      );
    },
    TIMEOUT_MS,
  );

  test(
    "a library for pages ends the script",
    async () => {
      const outcome = await run(await tiny.get(), "ruby -e 'require \"js\"; JS.global' 2>&1", WASM);
      expect(outcome).toEqual({
        output: 'wasm trap: Ruby\'s library "js" is for pages: there is none here\n',
        status: 134,
      });
    },
    TIMEOUT_MS,
  );
});

describe.runIf(IS_BUILT)("by both engines", () => {
  test.each(RUBY_COMMANDS)(
    "%s",
    async (_, command, output, status) => {
      const guest = await whole.get();
      for (const first of [WASM, EMULATED]) {
        expect(await run(guest, command, first), first).toEqual({ output, status });
      }
    },
    BOTH_TIMEOUT_MS,
  );
});

afterAll(() => Promise.all([tiny.end(), whole.end()]));

/** A guest that is there from its first use on. */
function once(start: () => Promise<Guest>) {
  let guest: Promise<Guest> | undefined;
  return {
    get: () => {
      guest ??= start();
      return guest;
    },
    end: async () => (await guest)?.destroy(),
  };
}

/** What a command does in a fresh folder, with the programs of a folder first on the PATH. */
async function run(guest: Guest, command: string, first: string) {
  await guest.run(`rm -rf ${FOLDER}; mkdir ${FOLDER}`);
  let output = "";
  const status = await guest.open(
    {
      argv: ["/bin/sh", "-c", command],
      environment: { HOME: "/root", LANG: "C.UTF-8", PATH: `${first}:/usr/bin:/bin` },
      directory: FOLDER,
      raw: true,
    },
    (text) => {
      output += text;
    },
  );
  return { output, status };
}
