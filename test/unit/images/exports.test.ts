import { expect, test } from "vitest";
import { withExports } from "../../../images/build/tools/exports.ts";
import { toErrorMessage } from "../../../workers/shared/errors.ts";
import { assemble } from "../wasi/assemble.ts";

const MODULE = `(module
  (memory (export "memory") 1)
  (table 2 2 funcref)
  (elem (i32.const 1) $hidden)
  (type $unary (func (param i32) (result i32)))
  (func $hidden (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func $other (param i32) (result i32)
    (call_indirect (type $unary) (i32.const 5) (local.get 0)))
  (func $_start (export "_start")))`;

function failure(module: Uint8Array, functions: readonly string[]): string {
  try {
    withExports(module, functions, "x.wasm");
    return "none";
  } catch (error) {
    return toErrorMessage(error, "malformed").message;
  }
}

test("functions that are named and the table are exported, and the table may grow", async () => {
  const bytes = withExports(await assemble(MODULE, true), ["hidden", "other"], "x.wasm");
  const module = new WebAssembly.Module(bytes);
  expect(WebAssembly.Module.exports(module).map(({ name }) => name)).toEqual([
    "memory",
    "_start",
    "hidden",
    "other",
    "__indirect_function_table",
  ]);
  expect(WebAssembly.Module.customSections(module, "name")).toEqual([]);
  const { exports } = new WebAssembly.Instance(module);
  const table = exports["__indirect_function_table"] as WebAssembly.Table;
  expect((exports["hidden"] as (value: number) => number)(6)).toBe(7);
  const at = table.grow(1, exports["hidden"]);
  expect((exports["other"] as (index: number) => number)(at)).toBe(6);
});

test("what cannot be exported is told", async () => {
  expect(failure(await assemble(MODULE), ["hidden"])).toBe(
    '"exports" of a recipe cannot be met: x.wasm names no function hidden.',
  );
  const named = await assemble(MODULE, true);
  expect(failure(named, ["absent"])).toMatch(/x\.wasm names no function absent/);
  expect(failure(named.subarray(0, -3), ["hidden"])).toMatch(/x\.wasm is damaged/);
  const noTable = await assemble('(module (func $f (export "g")))', true);
  expect(failure(noTable, ["f"])).toMatch(/x\.wasm has 0 tables/);
  const two = await assemble(
    '(module (table 1 funcref) (table 1 funcref) (func $f (export "g")))',
    true,
  );
  expect(failure(two, ["f"])).toMatch(/x\.wasm has 2 tables/);
});
