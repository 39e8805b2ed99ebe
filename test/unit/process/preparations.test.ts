/** Which starts begin with what a program has prepared, and when it prepares itself anew. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import { toByteString } from "../../../workers/kernel/filesystem/names.ts";
import { findPath, makeDirectories, writeFile } from "../../../workers/kernel/filesystem/paths.ts";
import type { ExecRequest } from "../../../workers/kernel/process/exec-protocol.ts";
import type { Preopen } from "../../../workers/kernel/process/preopens.ts";
import { Preparations } from "../../../workers/kernel/process/preparations.ts";
import type { PrepareOptions } from "../../../workers/kernel/process/prepare-options.ts";
import { prepareOptions } from "../../../workers/kernel/process/prepare-options.ts";
import { type WasiThread, WasiWorker } from "../../../workers/kernel/process/wasi-worker.ts";
import {
  KEPT_PREPARATIONS,
  MAX_PREPARED_BYTES,
  PREPARATION_MS,
} from "../../../workers/shared/limits.ts";
import type { Answer, Call, Program } from "../../../workers/wasi/contract.ts";
import { assembleModule } from "../wasi/assemble.ts";
import { stream } from "../wasi/test-kernel.ts";

const ROOT = 3;
const PREPARE: PrepareOptions = {
  arguments: ["--prepare"],
  context: "--context=",
  options: new Set(["-c"]),
  environment: ["HOME"],
  unless: "PYTHON",
  started: 64,
};
const FLAGS = { append: false, nonblocking: false, read: true, write: false };
const OPEN = {
  op: "open",
  at: ROOT,
  path: "lib/a",
  follow: true,
  create: false,
  exclusive: false,
  directory: false,
  truncate: false,
  flags: FLAGS,
} as const;
const STAT = { op: "statAt", at: ROOT, path: "lib/a", follow: true } as const;

/** A worker whose program makes these calls and is ready, unless it says nothing. */
class Script {
  calls: Call[] = [];
  isSilent = false;
  bytes = 1;
  readonly programs: Program[] = [];
  readonly answers: Answer[] = [];
  ended = 0;

  readonly spawn = (): WasiThread => {
    let next = 0;
    const go = () => {
      const call = this.calls[next++];
      if (call) return thread.onMessage({ type: "call", call });
      const data = { length: this.bytes } as Uint8Array;
      const image = { bytes: 1, runs: new Uint32Array(), data };
      if (!this.isSilent) thread.onMessage({ type: "prepared", image });
    };
    const thread: WasiThread = {
      post: (message) => {
        if (message.type === "open") thread.onMessage({ type: "ready" });
        if (message.type === "prepare") this.programs.push(message.program);
        if (message.type === "answer") this.answers.push(message.answer);
        if (message.type !== "open") queueMicrotask(go);
      },
      onMessage: () => {},
      terminate: () => {
        this.ended += 1;
      },
    };
    return thread;
  };
}

async function machine() {
  const fs = new FileSystem();
  makeDirectories(fs, "/lib", { mode: 0o755 });
  await writeFile(fs, "/lib/a", Buffer.from("a"), { mode: 0o644 });
  const script = new Script();
  const given: WasiWorker[] = [];
  const preparations = new Preparations({
    fs,
    takeWorker: async () => new WasiWorker({ spawn: script.spawn, mayShare: false }),
    giveBack: (worker) => given.push(worker),
  });
  const module = await assembleModule("(module)");
  const preopens: Preopen[] = [{ path: "/", file: ROOT, inode: fs.root }];
  const use = (argv: string[], environment: string[] = [], changes: Partial<ExecRequest> = {}) => {
    const request: ExecRequest = {
      uid: 0,
      gid: 0,
      groups: [],
      umask: 0,
      rows: 0,
      columns: 0,
      descriptors: [],
      module: toByteString("/bin/x"),
      directory: toByteString("/"),
      argv: argv.map(toByteString),
      environment: environment.map(toByteString),
      ...changes,
    };
    const program: Program = {
      module,
      argv,
      environment: [...environment, "PWD=/where"],
      stdio: [stream("stream", false), stream("stream", true), stream("stream", true)],
      preopens: [{ path: "/", file: ROOT }],
    };
    const options = {
      folders: [],
      environment: new Map(),
      searchPaths: new Map(),
      prepare: PREPARE,
    };
    return preparations.use(program, { request, options, preopens });
  };
  /** Whether a start is a prepared one, after there was time for it. */
  const isPrepared = async (...start: Parameters<typeof use>) => {
    use(...start);
    await preparations.prepare();
    return use(...start).prepared !== undefined;
  };
  return { fs, script, preparations, use, isPrepared, given, preopens };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("the first start is none; later ones have the memory, and are told of their caller", async () => {
  const { preparations, use, script, given } = await machine();
  const first = use(["x", "a"], ["HOME=/h", "A=1"]);
  expect([first.argv, first.prepared]).toEqual([["x", "a"], undefined]);
  await preparations.prepare();
  expect(script.programs).toMatchObject([
    { argv: ["x", "--prepare"], environment: ["HOME=/h", "A=1", "PWD=/"] },
  ]);
  expect(given).toHaveLength(1);
  const { argv, prepared } = use(["x", "b", "-v"], ["HOME=/h", "A=\u00e9\udcff"]);
  const context = `--context=${JSON.stringify(["HOME=/h", "A=\u00e9\udcff", "PWD=/where"])}`;
  expect(argv).toEqual(["x", context, "b", "-v"]);
  expect(prepared).toMatchObject({ started: 64, image: { bytes: 1 } });
  // There is nothing left to do.
  await preparations.prepare();
  expect(script.programs).toHaveLength(1);
});

test.each<[string, string[], string[], boolean]>([
  ["no argument", ["x"], [], true],
  ["a script", ["x", "script", "-v"], [], true],
  ["an option of the list", ["x", "-c", "code"], [], true],
  ["another option", ["x", "-v"], [], false],
  ["a variable that changes how it starts", ["x"], ["PYTHONPATH=/x"], false],
  ["another variable", ["x"], ["MYPYTHON=1"], true],
])("%s", async (_, argv, environment, expected) => {
  const { isPrepared } = await machine();
  expect(await isPrepared(argv, environment)).toBe(expected);
});

test("a program that has other folders open has another memory", async () => {
  const { fs, isPrepared, use, preopens } = await machine();
  expect(await isPrepared(["x"])).toBe(true);
  preopens.push({ path: "/lib", file: ROOT + 1, inode: findPath(fs, "/lib")! });
  expect(use(["x"]).prepared).toBeUndefined();
  preopens.pop();
  expect(use(["x"]).prepared).toBeDefined();
});

test("other users, names and homes have memories of their own, so many of them", async () => {
  const { isPrepared, use, script } = await machine();
  expect(await isPrepared(["x"], ["HOME=/a"])).toBe(true);
  expect(use(["y"], ["HOME=/a"]).prepared).toBeUndefined();
  expect(use(["x"], ["HOME=/b"]).prepared).toBeUndefined();
  expect(use(["x"], ["HOME=/a"], { uid: 1000 }).prepared).toBeUndefined();
  expect(use(["x"], ["HOME=/a"], { groups: [7] }).prepared).toBeUndefined();
  expect(use(["x"], ["HOME=/a"], { module: toByteString("/bin/y") }).prepared).toBeUndefined();
  for (let i = 0; i < KEPT_PREPARATIONS; i++) {
    expect(await isPrepared(["x"], [`HOME=/${i}`])).toBe(true);
  }
  expect(script.programs).toHaveLength(1 + KEPT_PREPARATIONS);
  expect(use(["x"], ["HOME=/a"]).prepared).toBeUndefined();
});

test.each<[string, Call[], (fs: FileSystem) => unknown, boolean]>([
  [
    "a file it has opened",
    [OPEN, { op: "read", file: 4, offset: 0, length: 1 }, { op: "close", file: 4 }],
    (fs) => writeFile(fs, "/lib/a", Buffer.from("b"), { mode: 0o644 }),
    false,
  ],
  [
    "the mode of a folder that it went through",
    [STAT],
    (fs) => fs.setAttributes(fs.lookup(fs.root, toByteString("lib")), { mode: 0o40700 }),
    true,
  ],
  [
    "the mode of what it has looked at",
    [STAT],
    (fs) => fs.setAttributes(findPath(fs, "/lib/a")!, { mode: 0o100600 }),
    false,
  ],
  [
    "the time of what it has looked at",
    [STAT],
    (fs) => fs.setAttributes(findPath(fs, "/lib/a")!, { mtime: { seconds: 1, nanoseconds: 0 } }),
    false,
  ],
  [
    "a file that was not there",
    [{ ...STAT, path: "lib/b" }],
    (fs) => writeFile(fs, "/lib/b", Buffer.from(""), { mode: 0o644 }),
    false,
  ],
  [
    "a folder it has listed",
    [
      { ...OPEN, path: "lib" },
      { op: "list", file: 4, cookie: 0, count: 9 },
    ],
    (fs) => writeFile(fs, "/lib/b", Buffer.from(""), { mode: 0o644 }),
    false,
  ],
  [
    "a folder that was open from the start, and listed",
    [{ op: "list", file: ROOT, cookie: 0, count: 9 }],
    (fs) => writeFile(fs, "/b", Buffer.from(""), { mode: 0o644 }),
    false,
  ],
  [
    "something else",
    [OPEN, STAT, { op: "stat", file: 4 }],
    (fs) => writeFile(fs, "/lib/b", Buffer.from(""), { mode: 0o644 }),
    true,
  ],
])("prepared still, after a change of %s", async (_, calls, change, expected) => {
  const { fs, script, use, isPrepared } = await machine();
  script.calls = calls;
  expect(await isPrepared(["x"])).toBe(true);
  expect(script.answers.filter(({ error }) => error !== undefined && error !== "ENOENT")).toEqual(
    [],
  );
  await change(fs);
  expect(use(["x"]).prepared !== undefined).toBe(expected);
  // Then it prepares itself anew.
  expect(await isPrepared(["x"])).toBe(true);
});

test.each<[string, Call[], (script: Script) => void]>([
  ["writes to its output", [{ op: "write", file: 1, offset: 0 }], () => {}],
  ["reads its input", [{ op: "read", file: 0, offset: 0, length: 1 }], () => {}],
  ["waits", [{ op: "poll", files: [], timeout: 1 }], () => {}],
  ["makes a folder", [{ op: "mkdir", at: ROOT, path: "new" }], () => {}],
  ["makes a file", [{ ...OPEN, path: "new", create: true }], () => {}],
  ["opens a file to write", [{ ...OPEN, flags: { ...FLAGS, write: true } }], () => {}],
  ["cuts a file", [{ ...OPEN, truncate: true }], () => {}],
  [
    "looks from a folder that it has opened",
    [
      { ...OPEN, path: "lib" },
      { ...STAT, at: 4, path: "a" },
    ],
    () => {},
  ],
  ["ends", [{ op: "exit", status: 0, positions: [] }], () => {}],
  ["has too much", [], (script) => (script.bytes = MAX_PREPARED_BYTES + 1)],
])("one that %s is not prepared, and not tried again", async (_, calls, change) => {
  const { fs, script, isPrepared } = await machine();
  script.calls = calls;
  change(script);
  const before = JSON.stringify([...(fs.root.directory?.entries() ?? [])].map(({ name }) => name));
  expect(await isPrepared(["x"])).toBe(false);
  expect(await isPrepared(["x"])).toBe(false);
  expect(script.programs).toHaveLength(1);
  expect(JSON.stringify([...fs.root.directory!.entries()].map(({ name }) => name))).toBe(before);
});

test("one that takes too long is ended", async () => {
  const { script, preparations, use, given } = await machine();
  script.isSilent = true;
  use(["x"]);
  const done = preparations.prepare();
  await vi.advanceTimersByTimeAsync(PREPARATION_MS);
  await done;
  expect([script.ended, given.length]).toEqual([1, 0]);
  expect(use(["x"]).prepared).toBeUndefined();
});

test.each([
  undefined,
  null,
  1,
  "text",
  {},
  { ...PREPARE, options: ["-c"], context: "" },
  { ...PREPARE, options: ["-c"], context: "a\0" },
  { ...PREPARE, options: ["-c"], started: "64" },
  { ...PREPARE, options: ["-c"], started: 1.5 },
  { ...PREPARE, options: "-c" },
  { ...PREPARE, options: ["-c"], arguments: [1] },
  { ...PREPARE, options: ["-c"], environment: {} },
  { ...PREPARE, options: ["-c"], unless: "" },
])("%j is none that says how a program prepares itself", (value) => {
  expect(prepareOptions(value)).toBeUndefined();
});
