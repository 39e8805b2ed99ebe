/**
 * Makes a tool from its C sources. The compiler is clang, itself a WebAssembly module from npm: a
 * machine without a compiler makes the same bytes. A finished module is cached by all it depends on.
 */
import { createHash } from "node:crypto";
import { on } from "node:events";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Worker } from "node:worker_threads";
import { TabnixError } from "../../../workers/shared/errors.ts";
import type { Cache } from "../cache.ts";
import { type PackageFiles, unpackTarball } from "../packages/tarball.ts";
import type { Progress } from "../progress.ts";

/** How a program is made from its sources. */
export interface Compile {
  /** A tarball in the package that has the sources. */
  tarball?: string;
  /** The folder that the sources are in, and the compiler. */
  folder?: string;
  /** C files of that folder, by name or with "*". */
  sources: string[];
  /** Those of them that are left out. */
  without?: string[];
  /** For the compiler. */
  flags: string[];
  /** The linker's, without "-l". */
  libraries?: string[];
  /** For the stack of C, in bytes. */
  stack?: number;
  /** Texts that are put beside the sources, by path. */
  files?: Record<string, string>;
  /** Changes of the sources. Each text is there once. */
  replace?: { file: string; text: string; with: string }[];
}

/** What the thread is told, and tells. */
type Reply =
  | { done: number }
  | { failed: number; words: string }
  | { files: Record<string, Tree | Uint8Array> };

/** Files by name, folders in folders, as the compiler takes them. */
interface Tree {
  [name: string]: Tree | Uint8Array;
}

/** Raise it when the same sources give another module. */
const COMPILE_FORMAT = 1;
const TARGET = "--target=wasm32-wasip1";
const DEFAULT_STACK_BYTES = 1 << 20;
const OUTPUT = "tabnix-program.wasm";
/** Of what a compiler says, in a message. */
const SHOWN_LINES = 12;

/** "22.0.0": the version of the compiler, which the modules depend on. */
export function compilerVersion(): string {
  const main = createRequire(import.meta.url).resolve("@yowasp/clang");
  return JSON.parse(readFileSync(join(dirname(main), "../package.json"), "utf8")).version;
}

/** A compiler with its thread, which starts when something must be compiled. Close it when done. */
export class Compiler {
  readonly #cache: Cache;
  readonly #progress: Progress;
  #thread: Worker | undefined;

  constructor(cache: Cache, progress: Progress) {
    this.#cache = cache;
    this.#progress = progress;
  }

  /**
   * The module of a tool, from the cache or compiled now; one at a time.
   *
   * @param name of the tool, for people
   * @param files of its package
   * @throws TabnixError `invalid-input` if the sources are not as the recipe says, or do not compile
   */
  async compile(name: string, recipe: Compile, files: PackageFiles): Promise<Uint8Array> {
    const sources = await sourcesOf(name, recipe, files);
    const path = `compiled/${keyOf(recipe, sources)}.wasm`;
    const cached = await this.#cache.read(path);
    if (cached) return cached;
    const commands = commandsOf(name, recipe, sources);
    this.#thread ??= new Worker(new URL("./compiler-worker.mjs", import.meta.url));
    const stage = this.#progress.stage(`Compile ${name}`);
    const module = await run(this.#thread, name, commands, sources, (done) =>
      stage.at(`${done} of ${commands.length}`),
    );
    await this.#cache.write(path, module);
    stage.done(`${Math.ceil(module.length / 1000)} KB`);
    return module;
  }

  /** Ends the thread. */
  async close(): Promise<void> {
    await this.#thread?.terminate();
  }
}

/** Every file of the folder, with ours and the changes. */
async function sourcesOf(
  name: string,
  { tarball, folder, files: ours = {}, replace = [] }: Compile,
  files: PackageFiles,
): Promise<Map<string, Uint8Array>> {
  let all = files;
  if (tarball !== undefined) {
    const bytes = files.get(tarball);
    if (bytes === undefined) throw wrong(name, `there is no ${tarball}`);
    all = await unpackTarball(bytes, tarball);
  }
  const prefix = folder === undefined ? "" : `${folder}/`;
  const sources = new Map<string, Uint8Array>();
  for (const [path, bytes] of all) {
    if (path.startsWith(prefix)) sources.set(path.slice(prefix.length), bytes);
  }
  for (const [path, text] of Object.entries(ours)) sources.set(path, Buffer.from(text));
  for (const { file, text, with: other } of replace) {
    const parts = Buffer.from(sources.get(file) ?? [])
      .toString("utf8")
      .split(text);
    if (parts.length !== 2) {
      throw wrong(name, `${file} has "${text}" ${parts.length - 1} times instead of once`);
    }
    sources.set(file, Buffer.from(parts.join(other)));
  }
  return sources;
}

function keyOf(recipe: Compile, sources: ReadonlyMap<string, Uint8Array>): string {
  const hash = createHash("sha256");
  hash.update(JSON.stringify([COMPILE_FORMAT, compilerVersion(), recipe]));
  for (const [path, bytes] of sources) hash.update(`${path}\n${bytes.length}\n`).update(bytes);
  return hash.digest("hex");
}

/** One command for each source, and one that links. */
function commandsOf(
  name: string,
  { sources, without = [], flags, libraries = [], stack = DEFAULT_STACK_BYTES }: Compile,
  files: ReadonlyMap<string, Uint8Array>,
): string[][] {
  const matches = (patterns: readonly string[]) => {
    const tests = patterns.map(toTest);
    return (file: string) => tests.some((test) => test.test(file));
  };
  const chosen = [...files.keys()].filter(matches(sources)).sort();
  const missing = sources.find((pattern) => !chosen.some(matches([pattern])));
  if (missing !== undefined) throw wrong(name, `there is no ${missing}`);
  const units = chosen.filter((file) => !matches(without)(file));
  const object = (file: string) => `${file}.o`;
  return [
    ...units.map((file) => [TARGET, "-w", ...flags, "-c", file, "-o", object(file)]),
    [
      TARGET,
      ...units.map(object),
      ...["-o", OUTPUT, "-Wl,--strip-all", `-Wl,-z,stack-size=${stack}`],
      ...libraries.map((library) => `-l${library}`),
    ],
  ];
}

/** "*" is any part of a name. */
function toTest(pattern: string): RegExp {
  const literal = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  return new RegExp(`^${pattern.split("*").map(literal).join("[^/]*")}$`);
}

async function run(
  thread: Worker,
  name: string,
  commands: string[][],
  sources: ReadonlyMap<string, Uint8Array>,
  onProgress: (done: number) => void,
): Promise<Uint8Array> {
  const replies = on(thread, "message");
  thread.postMessage({ commands, files: toTree(sources) });
  for await (const [message] of replies) {
    const reply: Reply = message;
    if ("done" in reply) onProgress(reply.done);
    else if ("failed" in reply) {
      const said = reply.words.trimEnd().split("\n").slice(0, SHOWN_LINES).join("\n");
      const command = (commands[reply.failed] ?? []).join(" ");
      throw wrong(name, `clang ${command} failed:\n${said}\n`);
    } else {
      const module = reply.files[OUTPUT];
      if (module instanceof Uint8Array) return module;
      break;
    }
  }
  throw wrong(name, "the linker made no module");
}

function toTree(files: ReadonlyMap<string, Uint8Array>): Tree {
  const root: Tree = {};
  for (const [path, bytes] of files) {
    const parts = path.split("/");
    const name = parts.pop() ?? "";
    let at = root;
    for (const part of parts) {
      const next = at[part];
      if (next !== undefined && !(next instanceof Uint8Array)) at = next;
      else {
        const made: Tree = {};
        at[part] = made;
        at = made;
      }
    }
    at[name] = bytes;
  }
  return root;
}

function wrong(name: string, what: string): TabnixError {
  return new TabnixError(
    "invalid-input",
    `The tool ${name} cannot be compiled: ${what}.`,
    'Check "compile" in its recipe.',
  );
}
