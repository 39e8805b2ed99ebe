/** Programs with threads in the guest's shell: the real guest, kernel and WASI host, in threads of Node. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Guest } from "../../../images/build/guest/guest.ts";
import { nodeThreads } from "../../../src/local/node-threads.ts";
import { writeFile } from "../../../workers/kernel/filesystem/paths.ts";
import type { WasiThreads } from "../../../workers/kernel/process/wasi-worker.ts";
import { MAX_PROCESS_THREADS, MAX_THREADS } from "../../../workers/shared/limits.ts";
import { assemble } from "../wasi/assemble.ts";
import { restoredGuest } from "./restored-guest.ts";
import { THREAD_PROGRAMS } from "./thread-programs.ts";

const TIMEOUT_MS = 120_000;
const EAGAIN = 6;
const ENOTSUP = 58;

let guest: Guest;
let running = 0;

beforeAll(async () => {
  guest = await restoredGuest("tiny", counted(nodeThreads));
  for (const [name, source] of Object.entries(THREAD_PROGRAMS)) {
    await writeFile(guest.fs, `/workspace/${name}`, await assemble(source), { mode: 0o755 });
  }
}, TIMEOUT_MS);

afterAll(() => guest.destroy());

/** Counts the workers that have been started and not terminated. */
function counted({ spawn, mayShare }: WasiThreads): WasiThreads {
  const start = () => {
    const thread = spawn();
    running += 1;
    const { terminate } = thread;
    thread.terminate = () => {
      running -= 1;
      terminate();
    };
    return thread;
  };
  return { mayShare, spawn: start };
}

test.each<[string, string, string]>([
  ["threads share their memory", "./sum", "10000\n"],
  ["a thread knows its number", "./ids", "1\n2\n3\n"],
  [
    "threads share an open file, and where it is",
    "rm -f f; ./lines; wc -c < f; sort f | uniq -c | awk '{print $1, $2}'",
    "8000\n500 aaa\n500 bbb\n500 ccc\n500 ddd\n",
  ],
  ["a descriptor is closed once", "./close", "1\n"],
  ["a thread that exits ends the program", "./threadexit; echo $?", "7\n"],
  [
    "a thread that traps ends the program",
    "./threadtrap; echo $?",
    "wasm trap: unreachable\n134\n",
  ],
  ["the first thread that returns ends the program", "./leave; echo $?", "0\n"],
  ["there is a most", "./many; ./many", `${MAX_PROCESS_THREADS}\n${EAGAIN}\n`.repeat(2)],
  [
    "there is a most of all programs together",
    "mkfifo p; for i in a b; do ./keep < p > $i & done; exec 3> p; until [ -s a ] && [ -s b ]; do :; done; ./many; exec 3>&-; wait; cat a b; rm p; ./many",
    `0\n${EAGAIN}\n${MAX_PROCESS_THREADS}\n${MAX_THREADS - MAX_PROCESS_THREADS}\n${MAX_PROCESS_THREADS}\n${EAGAIN}\n`,
  ],
  ["threads that have ended make room", "./sequence", "80\n"],
  ["memory that another thread let grow", "./grow; echo $?", "ok\n0\n"],
  ["nothing to begin with", "./endless", `${ENOTSUP}\n`],
  [
    "no memory to share",
    "./alone; echo $?",
    "wasm: cannot start: it starts threads, but imports no shared memory\n126\n",
  ],
  [
    "several at once",
    "for i in 1 2 3; do ./sum > s$i & done; wait; cat s1 s2 s3",
    "10000\n".repeat(3),
  ],
  [
    "one thread writes while another waits for input",
    "mkfifo p; : > o; ./both < p | cat > o & exec 3> p; until grep -q ready o; do :; done; echo come >&3; wait; cat o; rm p",
    "ready\ncome\n",
  ],
  [
    "a signal ends all",
    ": > f; ./threadspin > f & until grep -q spinning f; do :; done; kill $!; wait $! 2>/dev/null; echo $?",
    "143\n",
  ],
])(
  "%s",
  async (_, command, output) => {
    const result = await guest.run(`cd /workspace; ${command}`);
    expect(result.output).toBe(output);
    // Two of them wait for the next program.
    expect(running).toBeLessThanOrEqual(2);
  },
  TIMEOUT_MS,
);
