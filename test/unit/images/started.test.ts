/** Where commands note that they have been started. */
import { expect, test } from "vitest";
import { startedAddress } from "../../../images/build/tools/started.ts";
import { assemble } from "../wasi/assemble.ts";

const command = (start: string, rest = "") =>
  assemble(`(module
    (import "a" "b" (func (param i32)))
    (memory (export "memory") 1)
    (func $before (local i32 i64))
    ${rest}
    (func $start (export "_start") (local i32 f64) ${start})
    (export "also" (func $before)))`);

test.each([
  ["if it is 0, as one block", "(if (i32.eqz (i32.load (i32.const 300))) (then (nop)))", 300],
  ["if it is not, as one block", "(if (i32.load (i32.const 70000)) (then (unreachable)))", 70_000],
  [
    "a branch, and the address as an offset",
    "(block (br_if 0 (i32.load offset=1052672 (i32.const 0))) (unreachable))",
    1_052_672,
  ],
])("%s", async (_, start, address) => {
  expect(startedAddress(await command(start), "x.wasm")).toBe(address);
});

const UNLIKE = "_start does not begin with a look at whether it was called before";

test.each([
  ["(nop)", UNLIKE],
  ["(drop (i32.const 1))", UNLIKE],
  ["(drop (i32.load (i32.const 8)))", UNLIKE],
])("%s is refused", async (start, reason) => {
  const module = await command(start);
  expect(() => startedAddress(module, "x.wasm")).toThrow(
    `"prepare" of a recipe cannot be met: x.wasm: ${reason}.`,
  );
});

test.each([
  ["(module)", "it has no section 7"],
  ['(module (memory (export "_start") 1))', "it exports no _start"],
  ['(module (import "a" "b" (func $f)) (export "_start" (func $f)))', "it has no section 10"],
  [
    '(module (import "a" "b" (memory 1)) (func (export "_start")))',
    "it imports more than functions",
  ],
])("%s is refused", async (text, reason) => {
  const module = await assemble(text);
  expect(() => startedAddress(module, "x.wasm")).toThrow(
    `"prepare" of a recipe cannot be met: x.wasm: ${reason}.`,
  );
});

test("every module that is cut short is refused", async () => {
  const module = await command("(if (i32.load (i32.const 300)) (then (unreachable)))");
  for (let length = 8; length < module.length; length++) {
    expect(() => startedAddress(module.subarray(0, length), "x.wasm")).toThrow(/cannot be met/);
  }
});
