/**
 * Ruby. ruby.wasm (https://github.com/ruby/ruby.wasm) is published as a library for JavaScript: it has no
 * `_start`, imports what its library "js" needs of a page, and exports no way to run a script. The
 * functions of C that Ruby's own `main` calls are in it; the build exports them (images/ruby.json). This
 * is that `main`.
 *
 * Ruby's setjmp, its fibers and its garbage collector unwind the stack of WebAssembly by Asyncify, down
 * to whoever has called the first function; {@link runUnwinding} is rb_wasm_rt_start of Ruby's
 * wasm/runtime.c, which the linker has left out with `main`.
 */
import { CannotStart } from "./endings.ts";
import { type Abi, call, type Entry } from "./entry.ts";
import { type Memory, textBytes } from "./memory.ts";
import type { Context } from "./preview1.ts";

const TABLE = "__indirect_function_table";
/** Of asyncify_get_state. */
const UNWINDING = 1;
const POINTER_BYTES = 4;
/** Qtrue and Qfalse, as ruby_options returns them for what is done already, like `--version`. */
const TRUE = 6;
const FALSE = 0;
/** struct rb_iseq_struct: flags, wrapper, body; the body begins with what kind of code it is. */
const SCRIPT_BODY = 8;
/** The kinds ISEQ_TYPE_TOP, of a file that is loaded, and ISEQ_TYPE_MAIN, of the script that is run. */
const TOP = 0;
const MAIN = 7;
/** Of ruby_cleanup: nothing was thrown. */
const NOTHING_THROWN = 0;
const FAILED = 1;

/** What of Ruby's `main` a module must export. */
const FUNCTIONS = [
  "_initialize",
  "asyncify_get_state",
  "asyncify_start_rewind",
  "asyncify_stop_unwind",
  "cabi_realloc",
  "chdir",
  "rb_iseq_eval",
  "rb_protect",
  "rb_wasm_handle_fiber_unwind",
  "rb_wasm_handle_jmp_unwind",
  "rb_wasm_handle_scan_unwind",
  "ruby_cleanup",
  "ruby_init",
  "ruby_options",
  "ruby_sysinit",
];

const PWD = "PWD=";
const NO_PAGE = 'Ruby\'s library "js" is for pages: there is none here';

/** Whether a module is Ruby as the build exports it. */
export function isRuby(exported: readonly WebAssembly.ModuleExportDescriptor[]): boolean {
  return exported.some(({ name }) => name === "ruby_options");
}

/** Ruby as a program for the host. */
export function ruby(context: Context): Abi {
  return {
    functions: FUNCTIONS,
    missing: new Map([
      ["rb-js-abi-host", NO_PAGE],
      ["canonical_abi", NO_PAGE],
    ]),
    run: (exports) => main(exports, context),
  };
}

/** main() of Ruby's main.c, with ruby_run_node() of its eval.c. */
function* main(exports: WebAssembly.Exports, { memory, program }: Context): Entry<number> {
  const table = exports[TABLE];
  if (!(table instanceof WebAssembly.Table)) throw new CannotStart(`it exports no ${TABLE}`);
  yield* call(exports["_initialize"]);
  const put = (bytes: Uint8Array) => putBytes(exports, memory, bytes);
  // Where it cannot go it stays in "/", as a program whose folder is gone does.
  const directory =
    program.environment.find((entry) => entry.startsWith(PWD))?.slice(PWD.length) ?? "/";
  yield* call(exports["chdir"], yield* put(textBytes(`${directory}\0`)));

  const pointers: number[] = [];
  for (const text of program.argv) pointers.push(yield* put(textBytes(`${text}\0`)));
  const argv = yield* put(words(...pointers, 0));
  const [count, list] = [yield* put(words(pointers.length)), yield* put(words(argv))];
  const room = yield* put(words(0, 0, 0, 0));
  const run = (name: string, ...args: number[]) =>
    runUnwinding({ exports, memory, table, room }, exports[name], args);

  yield* run("ruby_sysinit", count, list);
  yield* run("ruby_init");
  const script = (yield* run("ruby_options", memory.u32(count), memory.u32(list))) >>> 0;
  if (isDone(script)) {
    yield* run("ruby_cleanup", NOTHING_THROWN);
    return statusOf(script);
  }
  toTop(memory, script);
  const evaluate = table.grow(1, exports["rb_iseq_eval"]);
  const thrown = yield* put(words(0));
  yield* run("rb_protect", evaluate, script, thrown);
  return yield* run("ruby_cleanup", memory.u32(thrown));
}

/**
 * What evaluates a main script has been left out with `main` too; what evaluates a loaded file, which
 * differs in that TOPLEVEL_BINDING does not see its local variables, refuses other kinds.
 */
function toTop(memory: Memory, script: number): void {
  const body = memory.u32(script + SCRIPT_BODY);
  if (memory.u32(body) !== MAIN) throw new CannotStart("it is another Ruby than this host knows");
  memory.setU32(body, TOP);
}

/** A script is a pointer; what is none says how it has ended: true, false or a status. */
function isDone(script: number): boolean {
  return script === TRUE || script === FALSE || (script & 1) === 1;
}

function statusOf(done: number): number {
  if (done === TRUE) return 0;
  return done === FALSE ? FAILED : done >> 1;
}

/** What {@link runUnwinding} needs of an instance. */
interface Unwinding {
  exports: WebAssembly.Exports;
  memory: Memory;
  table: WebAssembly.Table;
  /** The address of four pointers. */
  room: number;
}

/**
 * Calls a function of the module, which may unwind the stack to here: to jump, to have the values on it
 * looked at, or to go on in another fiber. Then it is called again, and takes up where it was.
 */
function* runUnwinding(
  { exports, memory, table, room }: Unwinding,
  first: WebAssembly.ExportValue | undefined,
  args: readonly number[],
): Entry<number> {
  const [entry, left, right, isNew] = [room, room + 4, room + 8, room + 12] as const;
  memory.setU32(entry, 0);
  let result = 0;
  for (;;) {
    const fiber = memory.u32(entry);
    if (fiber) yield* call(table.get(fiber), memory.u32(left), memory.u32(right));
    else result = yield* call(first, ...args);
    if ((yield* call(exports["asyncify_get_state"])) !== UNWINDING) return result;
    yield* call(exports["asyncify_stop_unwind"]);
    const stack =
      (yield* call(exports["rb_wasm_handle_jmp_unwind"])) ||
      (yield* call(exports["rb_wasm_handle_scan_unwind"])) ||
      (yield* call(exports["rb_wasm_handle_fiber_unwind"], entry, left, right, isNew));
    if (stack) yield* call(exports["asyncify_start_rewind"], stack);
    else if (memory.u8(isNew) === 0) return result;
  }
}

/** Bytes in the module's memory, for good. @returns where */
function* putBytes(exports: WebAssembly.Exports, memory: Memory, bytes: Uint8Array): Entry<number> {
  const at = yield* call(exports["cabi_realloc"], 0, 0, POINTER_BYTES, bytes.length);
  memory.bytes(at >>> 0, bytes.length).set(bytes);
  return at >>> 0;
}

function words(...values: number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}
