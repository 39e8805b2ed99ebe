/** What a program's own memory may grow to. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { withMemoryLimit, withMemoryLimits } from "../../../workers/kernel/process/memory-limit.ts";
import { sharedByThreads } from "../../../workers/kernel/process/thread-group.ts";
import { assemble } from "../wasi/assemble.ts";

const PAGE = 64 * 1024;
const PAGES = 20;

/** Grows the memory one page at a time, and says how many there are in the end. */
const growing = (memory: string) =>
  assemble(`(module ${memory} (data (i32.const 8) "kept")
    (func (export "pages") (result i32)
      (loop $next (br_if $next (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
      (memory.size)))`);

function pagesOf(module: Uint8Array<ArrayBuffer>): unknown {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module));
  return (exports["pages"] as () => number)();
}

test.each([
  ["(memory 1)", PAGES],
  ["(memory 20)", PAGES],
  ["(memory 1 5)", 5],
  ["(memory 1 65536)", PAGES],
  ["(memory 2 20)", PAGES],
])("%s ends at %i pages", async (memory, pages) => {
  const module = await growing(memory);
  expect(pagesOf(withMemoryLimit(module, PAGES * PAGE))).toBe(pages);
});

test("a shared memory has its maximum lowered too", async () => {
  const text = '(module (memory (export "memory") 1 1000 shared))';
  const bounded = withMemoryLimit(await assemble(text), PAGES * PAGE);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bounded));
  const memory = exports["memory"] as WebAssembly.Memory;
  expect(memory.grow(PAGES - 1)).toBe(1);
  expect(() => memory.grow(1)).toThrow(RangeError);
});

test.each([
  ["1 65536", PAGES],
  ["1 20", PAGES],
  ["1 5", 5],
  ["20 100", PAGES],
])("what is imported as %s may have %i pages", async (sizes, pages) => {
  const text = `(module (import "a" "b" (func)) (import "env" "memory" (memory ${sizes} shared))
    (import "a" "c" (func)))`;
  const before = await assemble(text);
  const module = withMemoryLimits(before, PAGES * PAGE);
  expect(module.length).toBe(before.length);
  const initial = Number(sizes.split(" ")[0]);
  const given = (maximum: number) => ({
    env: { memory: new WebAssembly.Memory({ initial, maximum, shared: true }) },
    a: { b: () => {}, c: () => {} },
  });
  const instantiate = (maximum: number) =>
    new WebAssembly.Instance(new WebAssembly.Module(module), given(maximum));
  expect(() => instantiate(pages + 1)).toThrow(WebAssembly.LinkError);
  instantiate(pages);
});

test("what is to begin with more is refused, and what imports no memory is as it was", async () => {
  const large = await assemble('(module (import "env" "memory" (memory 21 100 shared)))');
  expect(() => withMemoryLimits(large, PAGES * PAGE)).toThrow(
    expect.objectContaining({ code: "ENOMEM" }),
  );
  const none = await assemble("(module)");
  expect(withMemoryLimits(none, PAGES * PAGE)).toBe(none);
});

test("the memory that threads share is bounded as well", () => {
  const maximumAt = { start: 0, end: 0 };
  const wanted = { module: "env", name: "memory", initial: 1, maximum: 65_536, maximumAt };
  const { memory } = sharedByThreads(wanted);
  expect(memory.grow(16_383)).toBe(1);
  expect(() => memory.grow(1)).toThrow(RangeError);
  expect(() => sharedByThreads({ ...wanted, initial: 16_385 })).toThrow(
    "it needs 1025 MB of memory, and a program may have 1024 MB",
  );
});

test("what starts with more is refused, and says how much that is", async () => {
  const module = await growing("(memory 21)");
  expect(() => withMemoryLimit(module, PAGES * PAGE)).toThrow(
    "it needs 2 MB of memory, and a program may have 2 MB",
  );
  expect(() => withMemoryLimit(module, PAGES * PAGE)).toThrow(
    expect.objectContaining({ code: "ENOMEM" }),
  );
});

test("a module without a memory of its own stays as it is", async () => {
  const module = await assemble('(module (import "a" "b" (memory 1)))');
  expect(withMemoryLimit(module, PAGE)).toBe(module);
});

test("whatever is no module comes back, or is refused as one that needs too much", async () => {
  const whole = await growing("(memory 1 5)");
  fc.assert(
    fc.property(
      fc.nat(whole.length),
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 6 }),
      (length, changes) => {
        const bytes = new Uint8Array(whole.subarray(0, length));
        for (const [at, byte] of changes) if (at < length) bytes[at] = byte;
        let bounded: Uint8Array<ArrayBuffer>;
        try {
          bounded = withMemoryLimit(bytes, PAGES * PAGE);
        } catch (error) {
          expect(error).toMatchObject({ code: "ENOMEM" });
          return;
        }
        // The bound never makes a module of something else, nor something else of a module.
        expect(WebAssembly.validate(bounded)).toBe(WebAssembly.validate(bytes));
      },
    ),
    { numRuns: 3000 },
  );
});
