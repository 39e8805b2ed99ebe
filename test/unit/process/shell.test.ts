/**
 * WebAssembly programs in the guest's shell: the real guest with its agent, the real 9P server and tree,
 * the real WASI host in threads.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Guest } from "../../../images/build/guest/guest.ts";
import { nodeThreads } from "../../../src/local/node-threads.ts";
import { writeFile } from "../../../workers/kernel/filesystem/paths.ts";
import type { WasiThreads } from "../../../workers/kernel/process/wasi-worker.ts";
import { assemble } from "../wasi/assemble.ts";
import { PROGRAMS } from "./programs.ts";
import { restoredGuest } from "./restored-guest.ts";

const TIMEOUT_MS = 120_000;

let guest: Guest;
let threads: WasiThreads;

beforeAll(async () => {
  threads = { ...nodeThreads };
  guest = await restoredGuest("tiny", threads);
  for (const [name, source] of Object.entries(PROGRAMS)) {
    await writeFile(guest.fs, `/workspace/${name}`, await assemble(source), { mode: 0o755 });
  }
}, TIMEOUT_MS);

afterAll(() => guest.destroy());

test.each<[string, string, string]>([
  ["arguments", "./args one 'two three' ''", "one\ntwo three\n\n"],
  ["the name it was called by", "./argv x; PATH=/workspace; argv y", "./argv\nx\nargv\ny\n"],
  ["the environment", "env -i A=1 B='x y' ./env", "A=1\nB=x y\nPWD=/workspace\n"],
  ["where it is", "cd /usr/lib; PWD=/etc /workspace/env | grep ^PWD", "PWD=/usr/lib\n"],
  ["a pipe on both sides", "echo text | ./cat | tr a-z A-Z", "TEXT\n"],
  ["a program of the guest's between two", "echo text | ./cat | cat | ./cat", "text\n"],
  ["an exit status", "./exit 0; echo $?; ./exit 3; echo $?; ./exit 255; echo $?", "0\n3\n255\n"],
  ["a file to read", "echo in > f; ./cat < f", "in\n"],
  ["a file to write", "echo one | ./cat > f; cat f; echo two | ./cat > f; cat f", "one\ntwo\n"],
  ["a file to append to", "echo one > f; echo two | ./cat >> f; cat f", "one\ntwo\n"],
  [
    "positions that programs share",
    "{ echo 1; ./args 2; echo 3; ./args 4; } > f; cat f",
    "1\n2\n3\n4\n",
  ],
  ["the rest of a file", "printf 'a\\nb\\n' > f; { read x; ./cat; } < f", "b\n"],
  ["files that the guest caches", "echo s > /etc/s; ./cat < /etc/s > /etc/t; cat /etc/t", "s\n"],
  ["a new file, in its folder", "rm -f new; ./keep new; cat new", "kept\n"],
  [
    "files that the guest has looked for where it caches",
    "cd /etc; cat new 2>&1; /workspace/keep new; cat new; echo mine > new; /workspace/keep new; cat new",
    "cat: can't open 'new': No such file or directory\nkept\nkept\n",
  ],
  ["/dev/null", "./cat < /dev/null; ./args x > /dev/null; echo $?", "0\n"],
  ["a here-document", "./cat <<END\nhere $((1 + 1))\nEND", "here 2\n"],
  ["a substitution", 'echo "[$(./args a b)]"', "[a\nb]\n"],
  [
    "several at once",
    "for i in 1 2 3 4; do ./args $i > f$i & done; wait; cat f1 f2 f3 f4",
    "1\n2\n3\n4\n",
  ],
  ["xargs", "printf '%s\\n' a b c | xargs -n 1 ./args", "a\nb\nc\n"],
  ["a reader that goes away", "./yes | head -n 2; echo done", "y\ny\ndone\n"],
  ["what kind its output is", "./type | cat; ./type > f; echo $?", "4\n"],
  ["a trap", "./trap; echo $?", "wasm trap: unreachable\n134\n"],
  [
    "an output that is full when it has ended",
    "echo x | ./cat > /dev/full; echo $?",
    "tabnix: ./cat: write error: no space left on device\n1\n",
  ],
  [
    "a reader that went away before",
    "mkfifo p; { echo x | ./cat; echo $? >&2; } 2> s > p & : < p; wait; cat s; rm p s",
    "141\n",
  ],
  ["a signal", "./spin > f & sleep 1; kill $!; wait $! 2>/dev/null; echo $?", "143\n"],
  ["timeout", "timeout 1 ./spin; echo $?", "spinning\nTerminated\n143\n"],
  [
    "what a program has changed that was killed, where the guest caches",
    "cd /etc; echo mine > late; said=/workspace/said; /workspace/linger late > $said & until [ -s $said ]; do sleep 0.1; done; cat late; kill -9 $!; i=0; until grep kept late || [ $i = 100 ]; do i=$((i + 1)); sleep 0.1; done",
    "mine\nkept\n",
  ],
  ["as much memory as it may have", "./grow 16364; echo $?; ./grow 16365; echo $?", "0\n1\n"],
])(
  "%s",
  async (_, command, output) => {
    const result = await guest.run(`cd /workspace; ${command}`);
    expect(result.output).toBe(output);
  },
  TIMEOUT_MS,
);

test(
  "programs of another user are that user's, and only the agent speaks for them",
  async () => {
    const run = async (command: string) =>
      (await guest.run(`cd /tmp; su -s /bin/sh nobody -c '${command}' 2>&1`)).output;
    expect(await run("/workspace/keep mine; cat mine; stat -c %u:%a mine")).toBe(
      "kept\n65534:644\n",
    );
    expect(await run("cd /etc; /workspace/keep theirs; echo $?")).toBe("97\n");
    expect(await run("echo text | /workspace/cat > mine; cat mine")).toBe("text\n");
    const ended = "/workspace/spin > f & sleep 1; kill $!; wait $! 2>/dev/null; echo $?";
    expect(await run(ended)).toBe("143\n");
    expect(await run("cat /run/tabnix/live/.tabnix/clone")).toBe(
      "cat: can't open '/run/tabnix/live/.tabnix/clone': Permission denied\n",
    );
  },
  TIMEOUT_MS,
);

test(
  "what cannot run says why",
  async () => {
    const run = async (command: string) => (await guest.run(`cd /workspace; ${command}`)).output;
    expect(await run("./needy; echo $?")).toMatch(/elsewhere.*\n126\n$/);
    expect(
      await run("printf '\\0asmnothing' > broken; chmod +x broken; ./broken; echo $?"),
    ).toMatch(/^tabnix: \.\/broken: WebAssembly.*\n126\n$/);
    expect(await run("cp ./args /dev/shm/args; /dev/shm/args; echo $?")).toBe(
      "tabnix: /dev/shm/args: not in the tree that the guest and its tools share\n127\n",
    );
  },
  TIMEOUT_MS,
);

test(
  "where no WebAssembly can run, the next program of the name does",
  async () => {
    const run = async (command: string) => (await guest.run(`cd /workspace; ${command}`)).output;
    // Not a name that the shell has within itself.
    await run("mkdir -p first second last; cp cat first/tool; cp cat second/tool");
    const script = '#!/bin/sh\ncat "$@"; exit 3\n';
    await writeFile(guest.fs, "/workspace/last/tool", new TextEncoder().encode(script), {
      mode: 0o755,
    });
    const line = (name: string) =>
      `tabnix: ${name}: none today; /workspace/last/tool runs instead, emulated\n`;
    const path = "PATH=/workspace/first:/none::/workspace/second:/workspace/last:$PATH";
    threads.obstacle = "none today";
    try {
      expect(await run(`${path}; echo text | tool - /dev/null; echo $?`)).toBe(
        `${line("/workspace/first/tool")}text\n3\n`,
      );
      expect(await run(`${path}; first/tool; echo $?`)).toBe(
        "tabnix: first/tool: none today\n126\n",
      );
      // The same user, without more rights, and the same way with signals as any program of the caller.
      const asUser = async (command: string) =>
        (await run(`su -s /bin/sh nobody -c '${path}; ${command} /proc/self/status' 2>&1`))
          .split("\n")
          .filter((text) => /^(Uid|Gid|Cap|Sig|tabnix)/.test(text));
      const instead = await asUser("tool");
      expect(instead).toContain("Uid:\t65534\t65534\t65534\t65534");
      expect(instead).toEqual([line("/workspace/first/tool").trim(), ...(await asUser("cat"))]);
    } finally {
      delete threads.obstacle;
    }
    expect(await run(`${path}; echo text | tool; echo $?`)).toBe("text\n0\n");
  },
  TIMEOUT_MS,
);
