/** WASIX programs for tests of the shell, in the text format. */
import { importing } from "../wasi/assemble.ts";

const IMPORTS = importing(
  "args_get",
  "args_sizes_get",
  "environ_get",
  "environ_sizes_get",
  "fd_read",
  "fd_write",
  "path_open",
  "path_unlink_file",
  "proc_exit",
);

/** Memory: vectors at 0, counts at 16, texts from 1024, a buffer of 64 KiB from 65536. */
const HELPERS = `
  (func $put (param $fd i32) (param $from i32) (param $length i32)
    (i32.store (i32.const 0) (local.get $from))
    (i32.store (i32.const 4) (local.get $length))
    (if (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 16))
      (then (call $proc_exit (i32.const 99)))))
  (func $get (result i32)
    (i32.store (i32.const 0) (i32.const 65536))
    (i32.store (i32.const 4) (i32.const 65536))
    (if (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16))
      (then (call $proc_exit (i32.const 98))))
    (i32.load (i32.const 16)))`;

const program = (body: string, rest = "") => `(module ${IMPORTS}
  (import "wasix_32v1" "getcwd" (func $getcwd (param i32 i32) (result i32)))
  (memory (export "memory") 20)
  ${HELPERS} ${rest}
  (func (export "_start") (local $n i32) ${body}))`;

/** By the name of their file. */
export const WASIX_PROGRAMS: Readonly<Record<string, string>> = {
  /** Where it believes to be; then its arguments and, on standard error, its environment, each before a NUL. */
  about: program(
    `(i32.store (i32.const 16) (i32.const 256))
     (if (call $getcwd (i32.const 2048) (i32.const 16)) (then (call $proc_exit (i32.const 97))))
     (i32.store (i32.const 32) (i32.load (i32.const 16)))
     (i32.store8 (i32.add (i32.const 2048) (i32.load (i32.const 32))) (i32.const 10))
     (call $put (i32.const 1) (i32.const 2048) (i32.add (i32.load (i32.const 32)) (i32.const 1)))
     (drop (call $args_sizes_get (i32.const 20) (i32.const 24)))
     (drop (call $args_get (i32.const 4096) (i32.const 65536)))
     (call $put (i32.const 1) (i32.const 65536) (i32.load (i32.const 24)))
     (drop (call $environ_sizes_get (i32.const 20) (i32.const 24)))
     (drop (call $environ_get (i32.const 4096) (i32.const 65536)))
     (call $put (i32.const 2) (i32.const 65536) (i32.load (i32.const 24)))
     (call $proc_exit (i32.const 3))`,
  ),
  /** Standard input to standard output. */
  xcat: program(`
    (loop $next
      (local.set $n (call $get))
      (if (local.get $n) (then (call $put (i32.const 1) (i32.const 65536) (local.get $n)) (br $next))))`),
  /** Writes what is in "in" into "out", removes "old", and makes nothing of the rest. */
  change: program(
    `(if (call $path_open (i32.const 4) (i32.const 0) (i32.const 1024) (i32.const 2) (i32.const 0)
           (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 64))
       (then (call $proc_exit (i32.const 96))))
     (if (call $path_open (i32.const 4) (i32.const 0) (i32.const 1032) (i32.const 3) (i32.const 9)
           (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 68))
       (then (call $proc_exit (i32.const 95))))
     (if (call $path_unlink_file (i32.const 4) (i32.const 1040) (i32.const 3))
       (then (call $proc_exit (i32.const 94))))
     (i32.store (i32.const 0) (i32.const 65536))
     (i32.store (i32.const 4) (i32.const 65536))
     (drop (call $fd_read (i32.load (i32.const 64)) (i32.const 0) (i32.const 1) (i32.const 72)))
     (call $put (i32.load (i32.const 68)) (i32.const 65536) (i32.load (i32.const 72)))`,
    '(data (i32.const 1024) "in") (data (i32.const 1032) "out") (data (i32.const 1040) "old")',
  ),
  /** Says that it runs, and never ends. */
  xspin: program(
    "(call $put (i32.const 1) (i32.const 1024) (i32.const 9)) (loop $next (br $next))",
    '(data (i32.const 1024) "spinning\\n")',
  ),
  /** Traps. */
  xtrap: program("unreachable"),
  /** A thread prints "thread"; then the first prints "done". */
  xthread: `(module
    ${importing("fd_write", "proc_exit")}
    (import "wasix_32v1" "thread_spawn_v2" (func $spawn (param i32 i32) (result i32)))
    (import "env" "memory" (memory 4 64 shared))
    (export "memory" (memory 0))
    (func $put (param $vector i32) (param $from i32) (param $length i32)
      (i32.store (local.get $vector) (local.get $from))
      (i32.store offset=4 (local.get $vector) (local.get $length))
      (drop (call $fd_write (i32.const 1) (local.get $vector) (i32.const 1)
        (i32.add (local.get $vector) (i32.const 8)))))
    (data (i32.const 1024) "thread\\ndone\\n")
    (func (export "_start")
      (i32.store (i32.const 2048) (i32.const 131072))
      (if (call $spawn (i32.const 2048) (i32.const 128)) (then (call $proc_exit (i32.const 93))))
      (drop (memory.atomic.wait32 (i32.const 132) (i32.const 0) (i64.const -1)))
      (call $put (i32.const 0) (i32.const 1031) (i32.const 5)))
    (func (export "wasi_thread_start") (param i32 i32)
      (call $put (i32.const 64) (i32.const 1024) (i32.const 7))
      (i32.atomic.store (i32.const 132) (i32.const 1))
      (drop (memory.atomic.notify (i32.const 132) (i32.const 1)))))`,
};
