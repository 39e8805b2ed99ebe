/** What modules import, from their bytes. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { needsOf } from "../../../workers/kernel/process/module-imports.ts";
import { assemble } from "../wasi/assemble.ts";

const OTHERS = `
  (import "a" "function" (func (param i32)))
  (import "a" "global" (global i64))
  (import "a" "variable" (global (mut f32)))
  (import "a" "table" (table 1 300 funcref))`;

test.each([
  ["a shared memory", '(import "env" "memory" (memory 3 65536 shared))', 3, 65_536],
  ["one after all else", `${OTHERS} (import "env" "memory" (memory 200 200 shared))`, 200, 200],
])("%s", async (_, imports, initial, maximum) => {
  const bytes = await assemble(`(module ${imports})`);
  expect(needsOf(bytes).sharedMemory).toMatchObject({
    module: "env",
    name: "memory",
    initial,
    maximum,
  });
});

test.each([
  ["no import", "(memory 1 2 shared)"],
  ["memory of its own", '(import "env" "memory" (memory 1 2))'],
  ["no memory", OTHERS],
])("%s is no shared memory", async (_, fields) => {
  expect(needsOf(await assemble(`(module ${fields})`))).toEqual({ wasix: false });
});

test("names are any text", async () => {
  const bytes = await assemble('(module (import "" "\\c3\\a4" (memory 0 1 shared)))');
  expect(needsOf(bytes).sharedMemory).toMatchObject({
    module: "",
    name: "ä",
    initial: 0,
    maximum: 1,
  });
});

test("whatever the bytes are, there is an answer", async () => {
  const bytes = await assemble(`(module ${OTHERS} (import "e" "m" (memory 1 2 shared)))`);
  fc.assert(
    fc.property(
      fc.array(fc.record({ at: fc.nat(bytes.length - 1), byte: fc.nat(255) }), { maxLength: 4 }),
      fc.nat(bytes.length),
      (changes, length) => {
        const broken = bytes.slice(0, length);
        for (const { at, byte } of changes) broken[at] = byte;
        const { sharedMemory: found } = needsOf(broken);
        expect(found === undefined || Number.isSafeInteger(found.maximum)).toBe(true);
      },
    ),
  );
});

test("WASIX is known by an import, and a package by how it begins", async () => {
  const late = `${OTHERS} (import "wasix_32v1" "getcwd" (func (param i32 i32) (result i32)))`;
  expect(needsOf(await assemble(`(module ${late})`))).toEqual({ wasix: true });
  expect(needsOf(new TextEncoder().encode("\0webc003")).wasix).toBe(true);
  expect(needsOf(new TextEncoder().encode("\0web")).wasix).toBe(false);
});
