/** Whole programs: real modules from their start to their end. */
import { expect, test } from "vitest";
import { writeFile } from "../../../workers/kernel/filesystem/paths.ts";
import type { Program } from "../../../workers/wasi/contract.ts";
import { WasiHost } from "../../../workers/wasi/host.ts";
import { importSuspending } from "../../../workers/wasi/steps.ts";
import { assembleModule, assembleProgram, PREVIEW1_FUNCTIONS } from "./assemble.ts";
import { DirectProgram } from "./direct-program.ts";
import { stream, TestKernel } from "./test-kernel.ts";

/** Strings at 1024, pointers at 512: writes them to stdout as they are, with their NULs. */
const PRINT_STRINGS = `
  (drop (call $args_sizes_get (i32.const 0) (i32.const 4)))
  (drop (call $args_get (i32.const 512) (i32.const 1024)))
  (i32.store (i32.const 16) (i32.const 1024))
  (i32.store (i32.const 20) (i32.load (i32.const 4)))
  (drop (call $environ_sizes_get (i32.const 0) (i32.const 4)))
  (drop (call $environ_get (i32.const 512) (i32.const 4096)))
  (i32.store (i32.const 24) (i32.const 4096))
  (i32.store (i32.const 28) (i32.load (i32.const 4)))
  (drop (call $fd_write (i32.const 1) (i32.const 16) (i32.const 2) (i32.const 32)))`;

/** Copies stdin to stdout, sixteen bytes at a time, and ends with the number of reads. */
const CAT = `(local $reads i32)
  (loop $more
    (i32.store (i32.const 0) (i32.const 1024))
    (i32.store (i32.const 4) (i32.const 16))
    (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
    (local.set $reads (i32.add (local.get $reads) (i32.const 1)))
    (i32.store (i32.const 4) (i32.load (i32.const 8)))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12)))
    (br_if $more (i32.load (i32.const 8))))
  (call $proc_exit (local.get $reads))`;

function run(
  module: WebAssembly.Module,
  changes: Partial<Program> = {},
  kernel = new TestKernel(),
) {
  const status = new WasiHost(kernel.program(module, changes)).run(kernel.caller);
  return { status, kernel, exit: kernel.last("exit") };
}

test("arguments and the environment arrive byte by byte", async () => {
  const module = await assembleProgram(
    ["args_sizes_get", "args_get", "environ_sizes_get", "environ_get", "fd_write"],
    PRINT_STRINGS,
  );
  // U+DCFF stands for the byte 0xff, which is no UTF-8.
  const { kernel, status } = run(module, {
    argv: ["é", "", "a\udcff"],
    environment: ["A=1", "B="],
  });
  const expected = Buffer.from("\u00c3\u00a9\0\0a\u00ff\0A=1\0B=\0", "latin1").toString("latin1");
  expect(kernel.output[1]).toBe(expected);
  expect(status).toBe(0);
});

test("a program reads its input to the end and exits with its status", async () => {
  const module = await assembleProgram(["fd_read", "fd_write", "proc_exit"], CAT);
  const kernel = new TestKernel();
  kernel.input.push(Buffer.from("hello "), Buffer.from("world, and a good day"));
  const { status, exit } = run(module, {}, kernel);
  expect(kernel.output[1]).toBe("hello world, and a good day");
  expect(status).toBe(4);
  expect(exit).toMatchObject({ status: 4, positions: [null, null, null] });
  expect(kernel.calls.at(-1)).toEqual(exit);
});

test("positions of regular standard files are handed back, if they are still those", async () => {
  const module = await assembleProgram(
    ["fd_read", "fd_write", "fd_renumber", "proc_exit"],
    "(drop (call $fd_renumber (i32.const 3) (i32.const 2))) (call $cat)",
    `(func $cat ${CAT})`,
  );
  const kernel = new TestKernel();
  await writeFile(kernel.fs, "/in", Buffer.from("twenty-two characters."), { mode: 0o644 });
  await writeFile(kernel.fs, "/out", Buffer.from("some"), { mode: 0o644 });
  const append = { append: true, nonblocking: false, read: false, write: true };
  const stdio: Program["stdio"] = [
    kernel.openStandard(0, "in", { position: 7 }),
    kernel.openStandard(1, "out", { flags: append }),
    kernel.openStandard(2, "out"),
  ];
  const { exit } = run(module, { stdio }, kernel);
  expect(exit?.positions).toEqual([22, 19, null]);
});

test("of two descriptors of one open file, each goes on where the other has stopped", async () => {
  const module = await assembleProgram(
    ["fd_write"],
    `(i32.store (i32.const 0) (i32.const 64))
     (i32.store (i32.const 4) (i32.const 3))
     (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
     (drop (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8)))`,
    '(data (i32.const 64) "abc")',
  );
  const kernel = new TestKernel();
  await writeFile(kernel.fs, "/out", new Uint8Array(0), { mode: 0o644 });
  const both: Program["stdio"] = [
    stream("stream", false),
    kernel.openStandard(1, "out"),
    kernel.openStandard(2, "out", { sameAs: 1 }),
  ];
  expect(run(module, { stdio: both }, kernel).exit?.positions).toEqual([null, 6, 6]);
});

test("a status is what a parent sees of it", async () => {
  const module = await assembleProgram(["proc_exit"], "(call $proc_exit (i32.const -1))");
  expect(run(module).status).toBe(255);
});

test.each([
  ["unreachable", "unreachable", "unreachable"],
  ["out of bounds", "(drop (i32.load (i32.const -4)))", "memory access out of bounds"],
  ["division", "(drop (i32.div_u (i32.const 1) (i32.const 0)))", "divide by zero"],
  ["endless recursion", "(call $deeper)", "stack overflow"],
])("a trap ends a program: %s", async (_, body, reason) => {
  const module = await assembleProgram([], body, "(func $deeper (call $deeper) (call $deeper))");
  const { status, kernel, exit } = run(module);
  expect(kernel.output[2]).toBe(`wasm trap: ${reason}\n`);
  expect(status).toBe(134);
  expect(exit?.status).toBe(134);
});

test("endless recursion through the host is a stack overflow too", async () => {
  const module = await assembleProgram(
    ["fd_write"],
    "(call $deeper)",
    `(func $deeper
      (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
      (call $deeper))`,
  );
  const { status, kernel } = run(module);
  expect(kernel.output[2]).toBe("wasm trap: stack overflow\n");
  expect(status).toBe(134);
});

test("a memory that grows is the host's too, and one beyond the limit is not had", async () => {
  const module = await assembleProgram(
    ["fd_write"],
    `(if (i32.ne (memory.grow (i32.const 65536)) (i32.const -1)) (then unreachable))
     (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 8)))
     (drop (memory.grow (i32.const 1)))
     (i32.store (i32.const 0) (i32.const 100000))
     (i32.store (i32.const 4) (i32.const 1))
     (i32.store8 (i32.const 100000) (i32.const 65))
     (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))`,
  );
  const { status, kernel } = run(module);
  expect(kernel.output[1]).toBe("A");
  expect(status).toBe(0);
});

test.each([
  ["(module)", "it exports no function _start"],
  ['(module (func (export "_start")))', "it exports no memory"],
  [
    '(module (import "env" "memory" (memory 1)))',
    "it imports env.memory, which is not in wasi_snapshot_preview1",
  ],
  [
    '(module (import "wasi_snapshot_preview1" "toString" (func)))',
    "it imports wasi_snapshot_preview1.toString, which is not in wasi_snapshot_preview1",
  ],
  [
    '(module (memory (export "memory") 1) (func (export "ruby_options")))',
    "it exports no function _initialize",
  ],
])("what is no program is not started: %s", async (text, reason) => {
  const { status, kernel } = run(await assembleModule(text));
  expect(kernel.output[2]).toBe(`wasm: cannot start: ${reason}\n`);
  expect(status).toBe(126);
});

test("all functions of preview 1 are there, and no other", async () => {
  const names = Object.keys(PREVIEW1_FUNCTIONS);
  expect(names).toHaveLength(46);
  expect(Object.keys(new DirectProgram().functions).sort()).toEqual(names.sort());
  expect(run(await assembleProgram(names, "")).status).toBe(0);
});

test("bad pointers are EFAULT, whatever the function", async () => {
  for (const [name, parameters] of Object.entries(PREVIEW1_FUNCTIONS)) {
    if (name === "proc_exit") continue;
    for (const fd of [0, 1, 3, -1]) {
      const program = new DirectProgram();
      const args = [...parameters].map((type, i) => (type === "I" ? -1n : i === 0 ? fd : -1));
      // That it comes back is what counts: with an error, or done if it takes no pointer.
      program.call(name, ...args);
    }
  }
  const program = new DirectProgram();
  expect(program.call("fd_write", 1, -8, 1, 0)).toBe("EFAULT");
  expect(program.call("fd_write", 1, 0, -1, 0)).toBe("EFAULT");
  expect(program.call("fd_read", 0, program.vectors({ at: -1, length: 2 }), 1, 0)).toBe("EFAULT");
  expect(program.call("random_get", 0, -1)).toBe("EFAULT");
  expect(program.call("path_open", 3, 0, -1, 2, 0, 0n, 0n, 0, 0)).toBe("EFAULT");
});

test("a failing stderr keeps nobody from ending", async () => {
  const kernel = new TestKernel();
  kernel.failures.set("write", "EPIPE");
  expect(run(await assembleProgram([], "unreachable"), {}, kernel).exit?.status).toBe(134);
});

test("the same functions work between messages", async () => {
  const program = new DirectProgram();
  const { at, length } = program.put("hello");
  const caller = async (request: Parameters<typeof program.kernel.caller>[0]) => {
    await Promise.resolve();
    return program.kernel.caller(request);
  };
  const write = importSuspending(program.functions["fd_write"]!, caller);
  expect(await write(1, program.vectors({ at, length }), 1, 8)).toBe(0);
  expect(program.kernel.output[1]).toBe("hello");
  expect(await write(9, 0, 0, 8)).toBe(8);
  // What makes no calls does not suspend the module.
  expect(importSuspending(program.functions["sched_yield"]!, caller)()).toBe(0);
});
