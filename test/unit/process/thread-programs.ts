/** WebAssembly programs with threads, in the text format: wasi-threads, as a C library would use it. */
import { importing } from "../wasi/assemble.ts";

const IMPORTS = importing(
  "fd_read",
  "fd_write",
  "path_open",
  "poll_oneoff",
  "proc_exit",
  "random_get",
  "fd_close",
);

/**
 * Memory: vectors of thread n at 64 n, from 0 on; a word that all wait for at 4096; texts from 8192; a
 * subscription at 12288.
 */
const HELPERS = `
  (global $vector (mut i32) (i32.const 0))
  (func $put (param $fd i32) (param $from i32) (param $length i32)
    (i32.store (global.get $vector) (local.get $from))
    (i32.store offset=4 (global.get $vector) (local.get $length))
    (if (call $fd_write (local.get $fd) (global.get $vector) (i32.const 1)
          (i32.add (global.get $vector) (i32.const 8)))
      (then (call $proc_exit (i32.const 99)))))
  (func $number (param $value i32) (local $at i32)
    (local.set $at (i32.add (global.get $vector) (i32.const 48)))
    (i32.store8 (local.get $at) (i32.const 10))
    (loop $next
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i32.store8 (local.get $at)
        (i32.add (i32.const 48) (i32.rem_u (local.get $value) (i32.const 10))))
      (local.set $value (i32.div_u (local.get $value) (i32.const 10)))
      (br_if $next (local.get $value)))
    (call $put (i32.const 1) (local.get $at)
      (i32.sub (i32.add (global.get $vector) (i32.const 49)) (local.get $at))))
  (func $start (param $argument i32) (result i32) (local $id i32)
    (local.set $id (call $spawn (local.get $argument)))
    (if (i32.le_s (local.get $id) (i32.const 0)) (then (call $proc_exit (i32.const 98))))
    (local.get $id))
  (func $ended
    (drop (i32.atomic.rmw.add (i32.const 4096) (i32.const 1)))
    (drop (memory.atomic.notify (i32.const 4096) (i32.const -1))))
  (func $wait (param $count i32) (local $now i32)
    (loop $again
      (local.set $now (i32.atomic.load (i32.const 4096)))
      (if (i32.lt_u (local.get $now) (local.get $count))
        (then
          (drop (memory.atomic.wait32 (i32.const 4096) (local.get $now) (i64.const -1)))
          (br $again)))))
  (func $forever (call $wait (i32.const -1)))`;

/** @param thread what a thread does with its $id and $argument */
const program = (start: string, thread: string, rest = "") => `(module
  ${IMPORTS}
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (import "env" "memory" (memory 4 64 shared))
  (export "memory" (memory 0))
  ${HELPERS}
  ${rest}
  (func (export "_start") (local $i i32) (local $x i32) ${start})
  (func (export "wasi_thread_start") (param $id i32) (param $argument i32)
    (local $i i32) (local $x i32)
    (global.set $vector (i32.shl (local.get $id) (i32.const 6)))
    ${thread}))`;

const times = (count: number, body: string) => `
  (local.set $i (i32.const 0))
  (loop $next
    ${body}
    (local.set $i (i32.add (local.get $i) (i32.const 1)))
    (br_if $next (i32.lt_u (local.get $i) (i32.const ${count}))))`;

/** By the name of their file. */
export const THREAD_PROGRAMS: Readonly<Record<string, string>> = {
  /** Four threads add their arguments, 1 to 4, a thousand times: prints 10000. */
  sum: program(
    `${times(4, "(drop (call $start (i32.add (local.get $i) (i32.const 1))))")}
     (call $wait (i32.const 4))
     (call $number (i32.atomic.load (i32.const 4100)))`,
    `${times(1000, "(drop (i32.atomic.rmw.add (i32.const 4100) (local.get $argument)))")}
     (call $ended)`,
  ),
  /** Threads one after the other print their numbers. */
  ids: program(
    `${times(3, "(drop (call $start (i32.const 0))) (call $wait (i32.add (local.get $i) (i32.const 1)))")}`,
    "(call $number (local.get $id)) (call $ended)",
  ),
  /** Opens the file "f"; four threads write 500 lines of their own letter into it, by that descriptor. */
  lines: program(
    `(if (call $path_open (i32.const 3) (i32.const 0) (i32.const 8192) (i32.const 1) (i32.const 9)
           (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 4104))
       (then (call $proc_exit (i32.const 97))))
     ${times(4, "(drop (call $start (local.get $i)))")}
     (call $wait (i32.const 4))`,
    `(local.set $x (i32.add (i32.const 8200) (i32.shl (local.get $argument) (i32.const 2))))
     ${times(500, "(call $put (i32.load (i32.const 4104)) (local.get $x) (i32.const 4))")}
     (call $ended)`,
    `(data (i32.const 8192) "f") (data (i32.const 8200) "aaa\\nbbb\\nccc\\nddd\\n")`,
  ),
  /** Ten threads close one descriptor: prints how many could. */
  close: program(
    `(if (call $path_open (i32.const 3) (i32.const 0) (i32.const 8192) (i32.const 1) (i32.const 9)
           (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 4104))
       (then (call $proc_exit (i32.const 97))))
     ${times(10, "(drop (call $start (i32.const 0)))")}
     (call $wait (i32.const 10))
     (call $number (i32.atomic.load (i32.const 4100)))`,
    `(if (i32.eqz (call $fd_close (i32.load (i32.const 4104))))
       (then (drop (i32.atomic.rmw.add (i32.const 4100) (i32.const 1)))))
     (call $ended)`,
    `(data (i32.const 8192) "f")`,
  ),
  /** A thread ends the program while all others wait for ever. */
  threadexit: program(
    `${times(3, "(drop (call $start (local.get $i)))")} (call $forever)`,
    `(if (i32.eq (local.get $argument) (i32.const 2)) (then (call $proc_exit (i32.const 7))))
     (call $forever)`,
  ),
  /** A thread traps. */
  threadtrap: program("(drop (call $start (i32.const 0))) (call $forever)", "unreachable"),
  /** The first thread returns while another never will. */
  leave: program(
    "(drop (call $start (i32.const 0))) (call $wait (i32.const 1))",
    "(call $ended) (loop $next (br $next))",
  ),
  /** All spin, once they have said so. */
  threadspin: program(
    `${times(3, "(drop (call $start (i32.const 0)))")} (call $wait (i32.const 3))
     (call $put (i32.const 1) (i32.const 8192) (i32.const 9))
     (loop $next (br $next))`,
    "(call $ended) (loop $next (br $next))",
    `(data (i32.const 8192) "spinning\\n")`,
  ),
  /** Starts threads until it cannot: prints how many, and the error's number. */
  many: program(
    `(loop $more
       (local.set $x (call $spawn (i32.const 0)))
       (if (i32.gt_s (local.get $x) (i32.const 0))
         (then (local.set $i (i32.add (local.get $i) (i32.const 1))) (br $more))))
     (call $number (local.get $i))
     (call $number (i32.sub (i32.const 0) (local.get $x)))`,
    "(call $forever)",
  ),
  /** Starts threads until it cannot, prints how many, and keeps them until its input ends. */
  keep: program(
    `(loop $more
       (if (i32.gt_s (call $spawn (i32.const 0)) (i32.const 0))
         (then (local.set $i (i32.add (local.get $i) (i32.const 1))) (br $more))))
     (call $number (local.get $i))
     (i32.store (i32.const 0) (i32.const 8192))
     (i32.store (i32.const 4) (i32.const 8))
     (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))`,
    "(call $forever)",
  ),
  /** Eighty threads, each started when the one before has ended. */
  sequence: program(
    `${times(80, "(drop (call $start (i32.const 0))) (call $wait (i32.add (local.get $i) (i32.const 1)))")}
     (call $number (local.get $i))`,
    "(call $ended)",
  ),
  /** One thread reads; 200 ms after it has begun to, another writes "ready", and then what came. */
  both: program(
    `(drop (call $start (i32.const 0)))
     (call $wait (i32.const 1))
     (i32.store8 (i32.const 12296) (i32.const 0))
     (i32.store (i32.const 12304) (i32.const 1))
     (i64.store (i32.const 12312) (i64.const 200000000))
     (drop (call $poll_oneoff (i32.const 12288) (i32.const 12352) (i32.const 1) (i32.const 12400)))
     (call $put (i32.const 1) (i32.const 8192) (i32.const 6))
     (call $wait (i32.const 2))
     (call $put (i32.const 1) (i32.const 8200) (i32.load (i32.const 4100)))`,
    `(call $ended)
     (i32.store (global.get $vector) (i32.const 8200))
     (i32.store offset=4 (global.get $vector) (i32.const 64))
     (if (call $fd_read (i32.const 0) (global.get $vector) (i32.const 1) (i32.const 4100))
       (then (call $proc_exit (i32.const 96))))
     (call $ended)`,
    `(data (i32.const 8192) "ready\\n")`,
  ),
  /** A thread lets the memory grow; the first writes from the new part, and fills it by chance. */
  grow: program(
    `(drop (call $start (i32.const 0)))
     (call $wait (i32.const 1))
     (i32.store (i32.const 262144) (i32.const 0x0a6b6f))
     (call $put (i32.const 1) (i32.const 262144) (i32.const 3))
     (if (call $random_get (i32.const 262144) (i32.const 100000)) (then (call $proc_exit (i32.const 95))))
     (if (i64.eqz (i64.load (i32.const 362136))) (then (call $proc_exit (i32.const 94))))`,
    "(drop (memory.grow (i32.const 4))) (call $ended)",
  ),
  /** Has threads, and nothing that they begin with: prints the error's number. */
  endless: `(module ${IMPORTS}
    (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
    (import "env" "memory" (memory 4 64 shared))
    ${HELPERS}
    (func (export "_start")
      (call $number (i32.sub (i32.const 0) (call $spawn (i32.const 0))))))`,
  /** Starts threads on a memory of its own. */
  alone: `(module (import "wasi" "thread-spawn" (func (param i32) (result i32)))
    (memory (export "memory") 1) (func (export "_start")))`,
};
