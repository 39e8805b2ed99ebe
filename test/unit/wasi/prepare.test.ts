/** Programs that prepare themselves, and start from what they had then. */
import { expect, test } from "vitest";
import type { Program } from "../../../workers/wasi/contract.ts";
import { WasiHost } from "../../../workers/wasi/host.ts";
import { captureImage, restoreImage } from "../../../workers/wasi/memory-image.ts";
import { assembleProgram } from "./assemble.ts";
import { TestKernel } from "./test-kernel.ts";

const STARTED = 64;
const PAGE = 65_536;

/**
 * Prints its first argument. The first call of `_start` lets the memory grow, keeps a line in what was
 * added, and says that it is ready; the next one prints that line too.
 */
const PREPARABLE = await assembleProgram(
  ["args_get", "clock_res_get", "fd_write"],
  `
  (if (i32.load (i32.const ${STARTED})) (then (unreachable)))
  (i32.store (i32.const ${STARTED}) (i32.const 1))
  (if (i32.eqz (i32.load (i32.const 128)))
    (then
      (i32.store (i32.const 128) (memory.grow (i32.const 1)))
      (memory.copy (i32.const ${PAGE}) (i32.const 192) (i32.const 9))
      (drop (call $clock_res_get (i32.const 0) (i32.const 8)))
      (unreachable)))
  (drop (call $args_get (i32.const 512) (i32.const 1024)))
  (call $print (i32.load (i32.const 512)) (i32.const 4))
  (call $print (i32.const ${PAGE}) (i32.const 9))`,
  `
  (data (i32.const 192) " prepared")
  (func $print (param i32 i32)
    (i32.store (i32.const 16) (local.get 0))
    (i32.store (i32.const 20) (local.get 1))
    (drop (call $fd_write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24))))`,
);

function run(module: WebAssembly.Module, changes: Partial<Program>) {
  const kernel = new TestKernel();
  const status = new WasiHost(kernel.program(module, changes)).run(kernel.caller);
  return { status, output: kernel.output[1], errors: kernel.output[2] };
}

function prepare(module: WebAssembly.Module) {
  const kernel = new TestKernel();
  return { image: new WasiHost(kernel.program(module)).prepare(kernel.caller), kernel };
}

test("a program starts, as often as it likes, from what it had when it was ready", () => {
  const { image, kernel } = prepare(PREPARABLE);
  if (!image) throw new Error("it was not ready");
  // The end of nothing is told: nobody has started it.
  expect(kernel.calls).toEqual([]);
  for (const argument of ["one.", "two."]) {
    const { status, output } = run(PREPARABLE, {
      argv: [argument],
      prepared: { image, started: STARTED },
    });
    expect({ status, output }).toEqual({ status: 0, output: `${argument} prepared` });
  }
});

test("an image is what differs from a fresh memory, in pieces of 4 KiB", () => {
  const memory = new WebAssembly.Memory({ initial: 2 });
  const bytes = () => new Uint8Array(memory.buffer);
  bytes()[5] = 1;
  const fresh = bytes().slice();
  bytes()[5] = 0;
  bytes()[4096] = 2;
  bytes()[20_480] = 3;
  memory.grow(1);
  bytes()[3 * PAGE - 1] = 4;
  const image = captureImage(memory, fresh);
  expect([...image.runs]).toEqual([0, 8192, 20_480, 4096, 3 * PAGE - 4096, 4096]);
  expect([image.bytes, image.data.length]).toEqual([3 * PAGE, 16_384]);

  const other = new WebAssembly.Memory({ initial: 2 });
  new Uint8Array(other.buffer).set(fresh);
  restoreImage(other, image);
  expect(Buffer.compare(bytes(), new Uint8Array(other.buffer))).toBe(0);
});

test.each([
  ["ends", "(nop)"],
  ["exits", "(call $proc_exit (i32.const 0))"],
  ["traps", "(unreachable)"],
])("a program that %s instead has prepared nothing", async (_, body) => {
  const module = await assembleProgram(["proc_exit"], body);
  expect(prepare(module).image).toBeUndefined();
});

test("an image that is another module's ends the program", () => {
  const image = { bytes: PAGE, runs: Uint32Array.of(PAGE - 1, 2), data: Uint8Array.of(1, 2) };
  const { status, errors } = run(PREPARABLE, { prepared: { image, started: STARTED } });
  expect(status).toBe(134);
  expect(errors).toMatch(/^wasm trap: .*\n$/);
});

test("a program for which the resolution of a clock is only that gets it", async () => {
  const module = await assembleProgram(
    ["clock_res_get", "proc_exit"],
    "(call $proc_exit (call $clock_res_get (i32.const 0) (i32.const 8)))",
  );
  expect(run(module, {})).toEqual({ status: 0, output: "", errors: "" });
});
