/** WebAssembly programs for tests of the shell, in the text format. */

const IMPORTS = `
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $fdstat (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 20)`;

/** Memory: vectors at 0, counts at 16, texts from 1024, a buffer of 64 KiB from 65536. */
const HELPERS = `
  (func $put (param $from i32) (param $length i32)
    (i32.store (i32.const 0) (local.get $from))
    (i32.store (i32.const 4) (local.get $length))
    (if (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16))
      (then (call $exit (i32.const 99)))))
  (func $length (param $text i32) (result i32) (local $n i32)
    (loop $next
      (if (i32.load8_u (i32.add (local.get $text) (local.get $n)))
        (then (local.set $n (i32.add (local.get $n) (i32.const 1))) (br $next))))
    (local.get $n))
  (func $line (param $text i32)
    (call $put (local.get $text) (call $length (local.get $text)))
    (i32.store8 (i32.const 32) (i32.const 10))
    (call $put (i32.const 32) (i32.const 1)))
  (func $number (param $text i32) (result i32) (local $value i32)
    (loop $next
      (if (i32.load8_u (local.get $text))
        (then
          (local.set $value
            (i32.add (i32.mul (local.get $value) (i32.const 10))
              (i32.sub (i32.load8_u (local.get $text)) (i32.const 48))))
          (local.set $text (i32.add (local.get $text) (i32.const 1)))
          (br $next))))
    (local.get $value))`;

/** Prints a list of texts, a line for each from \`first\` on. */
const lines = (get: string, sizes: string, first: number) => `
  (func (export "_start") (local $i i32)
    (drop (call ${sizes} (i32.const 16) (i32.const 20)))
    (drop (call ${get} (i32.const 65536) (i32.const 131072)))
    (local.set $i (i32.const ${first}))
    (loop $next
      (if (i32.lt_u (local.get $i) (i32.load (i32.const 16)))
        (then
          (i32.store (i32.const 64) (i32.load (i32.const 16)))
          (call $line (i32.load (i32.add (i32.const 65536) (i32.shl (local.get $i) (i32.const 2)))))
          (i32.store (i32.const 16) (i32.load (i32.const 64)))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br $next)))))`;

const program = (body: string) => `(module ${IMPORTS} ${HELPERS} ${body})`;

/** Makes a file of the name that it is given, in the folder it runs in, and writes "kept" into it. */
const keep = (then: string) =>
  program(`
    (data (i32.const 1024) "kept\\n")
    (func (export "_start") (local $name i32)
      (drop (call $args (i32.const 65536) (i32.const 131072)))
      (local.set $name (i32.load (i32.const 65540)))
      (if (call $open (i32.const 3) (i32.const 0)
            (local.get $name) (call $length (local.get $name))
            (i32.const 9) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 64))
        (then (call $exit (i32.const 97))))
      (i32.store (i32.const 0) (i32.const 1024))
      (i32.store (i32.const 4) (i32.const 5))
      (if (call $write (i32.load (i32.const 64)) (i32.const 0) (i32.const 1) (i32.const 16))
        (then (call $exit (i32.const 99))))
      ${then})`);

/** By the name of their file. */
export const PROGRAMS: Readonly<Record<string, string>> = {
  /** Its arguments, one a line. */
  args: program(lines("$args", "$args_sizes", 1)),
  /** Its whole argv, one a line. */
  argv: program(lines("$args", "$args_sizes", 0)),
  /** Its environment, one a line. */
  env: program(lines("$environ", "$environ_sizes", 0)),
  /** Standard input to standard output. Ends with 98 when it cannot read, and 99 when it cannot write. */
  cat: program(`
    (func (export "_start")
      (loop $next
        (i32.store (i32.const 0) (i32.const 65536))
        (i32.store (i32.const 4) (i32.const 65536))
        (if (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16))
          (then (call $exit (i32.const 98))))
        (if (i32.load (i32.const 16))
          (then (call $put (i32.const 65536) (i32.load (i32.const 16))) (br $next)))))`),
  /** Makes a file of the name that it is given, in the folder it runs in, and writes "kept" into it. */
  keep: keep(""),
  /** The same; then prints "kept" too, and never ends. */
  linger: keep("(call $put (i32.const 1024) (i32.const 5)) (loop $next (br $next))"),
  /** Makes its memory larger by as many pages as it is told. Ends with 1 when it cannot. */
  grow: program(`
    (func (export "_start")
      (drop (call $args (i32.const 65536) (i32.const 131072)))
      (if (i32.eq (memory.grow (call $number (i32.load (i32.const 65540)))) (i32.const -1))
        (then (call $exit (i32.const 1)))))`),
  /** Ends with the status it is given. */
  exit: program(`
    (func (export "_start")
      (drop (call $args (i32.const 65536) (i32.const 131072)))
      (call $exit (call $number (i32.load (i32.const 65540)))))`),
  /** Writes "y" lines until it cannot. */
  yes: program(`
    (data (i32.const 1024) "y\\n")
    (func (export "_start") (loop $next (call $put (i32.const 1024) (i32.const 2)) (br $next)))`),
  /** Says that it runs, and never ends. */
  spin: program(`
    (data (i32.const 1024) "spinning\\n")
    (func (export "_start")
      (call $put (i32.const 1024) (i32.const 9))
      (loop $next (br $next)))`),
  /** Ends with the WASI file type of descriptor 1. */
  type: program(`
    (func (export "_start")
      (drop (call $fdstat (i32.const 1) (i32.const 64)))
      (call $exit (i32.load8_u (i32.const 64))))`),
  /** Traps. */
  trap: program(`(func (export "_start") unreachable)`),
  /** Needs what nobody has. */
  needy: `(module (import "elsewhere" "thing" (func)) (memory (export "memory") 1) (func (export "_start")))`,
};
