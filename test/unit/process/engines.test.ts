/**
 * The same commands with programs of both engines: what WebAssembly runs must not differ, by what it
 * prints, leaves and ends with, from Debian's own program that the emulator runs.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Guest } from "../../../images/build/guest/guest.ts";
import { restoredGuest } from "./restored-guest.ts";

const FOLDER = "/workspace/engines";
const TIMEOUT_MS = 120_000;

let guest: Guest;

beforeAll(async () => {
  guest = await restoredGuest("python");
}, TIMEOUT_MS);

afterAll(() => guest.destroy());

/** Where the program is that WebAssembly runs, and the one of Debian. */
const WASM = "/usr/local/bin";
const EMULATED = "/usr/bin";
const LINES = "printf 'one\\ntwo\\nthree\\n'";

test.each<[string, string]>([
  ["a pipe", `${LINES} | rg t`],
  ["nothing found", `${LINES} | rg none`],
  ["a file", `${LINES} > f; rg -n t f; rg -c . < f`],
  ["a wrong pattern", `${LINES} | rg '(' 2>/dev/null`],
  ["no such file", "rg x none"],
  ["no permission", "echo x > f; chmod 0 f; su -s /bin/sh nobody -c 'rg x f 2>/dev/null'"],
  ["folders", `mkdir -p a/b; ${LINES} > a/b/c; ${LINES} > a/d; rg -n --sort path o a`],
  ["links", `mkdir a; ${LINES} > a/f; ln -s a/f l; ln -s none m; rg -c o l; rg -L --files -g l`],
  ["the current folder", `mkdir a; ${LINES} > a/f; cd a; rg -N two < /dev/null`],
  ["a file to write", `${LINES} | rg t > f; cat f`],
  ["a file to append to", `echo zero > f; ${LINES} | rg t >> f; cat f`],
  [
    "one position for both",
    `{ echo 1; ${LINES} | rg t; echo 2; rg x none; echo 3; } > f 2>&1; cat f`,
  ],
  ["the rest of a file", `${LINES} > f; { read x; rg -n t; } < f`],
  ["a here-document", "rg h <<END\nhere\nthere\nEND"],
  ["a substitution", `echo "[$(${LINES} | rg t)]"`],
  ["several in one pipeline", `${LINES} | rg -v one | rg -v two | rg e | wc -c`],
  ["several at once", `seq 12 | xargs -P4 -I{} sh -c 'echo {} | rg . > {}'; cat $(seq 12) | cksum`],
  ["a reader that goes away", "seq 100000 | rg 1 | head -n 2"],
  ["much", "seq 300000 | rg 7 | cksum"],
  ["an environment", "echo '--count' > c; printf 'a\\na\\n' | RIPGREP_CONFIG_PATH=c rg a"],
  [
    "arguments of any bytes",
    "printf 'a b\\n\\303\\244\\n' > 'x y'; rg $'\\303\\244' 'x y'; rg '' none",
  ],
  ["a closed input", "rg x <&- 2>/dev/null; echo $?"],
  ["what is no text", "printf 'a\\0b\\nc\\n' > f; rg c f; rg -a a f | od -c"],
])("ripgrep: %s", compare, TIMEOUT_MS);

test.each<[string, string]>([
  ["arguments", "python3 -c 'import sys; print(sys.argv)' a 'b c' '' $'\\303\\244'"],
  ["an exit status", "python3 -c 'raise SystemExit(7)'"],
  ["an exception", "python3 -c 'open(\"none\")' 2>&1 | tail -n 1"],
  ["where it is", "mkdir d; cd d; python3 -c 'import os; print(os.getcwd())'"],
  [
    "files",
    `cat > s.py <<'END'
import os, stat
with open("f", "w") as f: f.write("text"); f.seek(1); f.write("E"); f.flush(); os.ftruncate(f.fileno(), 3)
with open("f", "a") as f: f.write("more"); print(f.tell())
os.mkdir("d"); os.rename("f", "d/g"); os.symlink("d/g", "l"); os.link("d/g", "h")
os.utime("h", (1, 2))
print(open("l").read(), os.readlink("l"), os.stat("h").st_nlink, os.stat("h").st_mtime)
print(sorted(os.listdir(".")), stat.S_ISDIR(os.lstat("d").st_mode))
for path in "none", "d", "h/x":
    try: open(path, "r+")
    except OSError as error: print(type(error).__name__)
try: os.rmdir("d")
except OSError as error: print(error.strerror)
os.unlink("h"); os.unlink("d/g"); os.rmdir("d")
print(os.path.exists("l"), os.path.lexists("l"))
END
python3 s.py; ls -A`,
  ],
  ["standard files", "echo in | python3 -c 'import sys; print(sys.stdin.isatty(), input())'"],
  [
    "a signal",
    `python3 -c 'print(1, flush=True)
while True: pass' > f & until [ -s f ]; do sleep 0.1; done; kill $!; wait $! 2>/dev/null; echo $?`,
  ],
  ["a time", "TZ=UTC python3 -c 'import time; print(time.gmtime(0)[:6], time.time() > 1.7e9)'"],
])("Python: %s", compare, TIMEOUT_MS);

/** Runs the command with the program of each engine. */
async function compare(_: string, command: string): Promise<void> {
  const [wasm, emulated] = [await run(command, WASM), await run(command, EMULATED)];
  expect(wasm).toEqual(emulated);
  expect(wasm, "both have done something").not.toEqual({ output: "", status: 0 });
}

/**
 * What a command does in a fresh folder, with the programs of a folder first on the PATH. Some programs
 * print the numbers of errors: WASI's, which are not Linux's.
 */
async function run(command: string, first: string) {
  await guest.run(`rm -rf ${FOLDER}; mkdir ${FOLDER}`);
  let output = "";
  const status = await guest.open(
    {
      argv: ["/bin/bash", "-c", command],
      environment: { HOME: "/root", LANG: "C.UTF-8", PATH: `${first}:/usr/bin:/bin` },
      directory: FOLDER,
      raw: true,
    },
    (text) => {
      output += text;
    },
  );
  return { output: output.replace(/(\[Errno|os error) \d+/g, "$1"), status };
}
