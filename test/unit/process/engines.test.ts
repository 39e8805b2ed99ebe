/**
 * The same commands with programs of both engines: what WebAssembly runs must not differ, by what it
 * prints, leaves and ends with, from Debian's own program that the emulator runs.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Guest } from "../../../images/build/guest/guest.ts";
import { PYTHON_STATE } from "./python-state.ts";
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
  [
    "devices",
    `cat > s.py <<'END'
import os
with open("/dev/null", "r+b", 0) as f: print(f.read(), f.write(b"abc"), f.isatty())
with open("/dev/zero", "rb") as f: print(f.read(5))
with open("/dev/urandom", "rb") as f: print(len(f.read(100000)), len(set(f.read(4096))) > 200)
try: open("/dev/full", "wb", 0).write(b"x")
except OSError as error: print(error.strerror)
print(open("/dev/stdin").read(), os.path.exists("/dev/null"), os.path.exists("/dev/none"))
with open("/dev/stdout", "w") as f: print("out", file=f)
with open("/dev/stderr", "w") as f: print("err", file=f)
try: open("/dev/null", "x")
except OSError as error: print(type(error).__name__)
os.chdir("/dev"); print(open("null").read() == "")
END
echo in | python3 s.py 2>&1 | cat; cd /dev; rg -c . stdin < /etc/hostname; ls /dev/null`,
  ],
  ["a time", "TZ=UTC python3 -c 'import time; print(time.gmtime(0)[:6], time.time() > 1.7e9)'"],
])("Python: %s", compare, TIMEOUT_MS);

test.each<[string, string]>([
  ["arguments", "echo 'print(arg[0], arg[1], arg[2], #arg, _VERSION)' > s.lua; lua s.lua a 'b c'"],
  ["a pipe", `${LINES} | lua -e 'for line in io.lines() do print(#line, line:upper()) end'`],
  ["numbers", "lua -e 'print(2^53, 7 // 2, -7 % 3, 1e308 * 10, math.maxinteger, 0x10p2, 1/3)'"],
  [
    "an error that is caught",
    "lua -e 'print((pcall(error, {1}))) print(select(2, pcall(function() local x = nil; x() end)))'",
  ],
  ["an error that is not", "lua -e 'error(\"deep\")' 2>/dev/null; echo $?"],
  ["an exit status", "lua -e 'os.exit(9)'"],
  [
    "coroutines",
    "lua -e 'for x in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i * i) end end) do print(x) end'",
  ],
  [
    "a script that is a program",
    "printf '#!/usr/bin/env lua\\nprint(...)' > s; chmod +x s; ./s 1 2",
  ],
  [
    "files",
    `cat > s.lua <<'END'
local f = assert(io.open("f", "w+")); f:write("one\ntwo\n"); f:seek("set", 1); f:write("N"); f:close()
for line in io.lines("f") do print(line) end
print(os.rename("f", "g"), io.open("f"), os.remove("g"))
local name = os.tmpname(); print(name:sub(1, 9)); os.remove(name)
local t = io.tmpfile(); t:write("x"); t:seek("set"); print(t:read("a"))
print(os.getenv("HOME"), os.time({year = 2000, month = 1, day = 1, hour = 12}), os.date("!%F", 0))
END
TZ=UTC lua s.lua; ls`,
  ],
  [
    "much memory",
    "lua -e 'local t = {} for i = 1, 300000 do t[i] = tostring(i) end print(#table.concat(t))'",
  ],
])("Lua: %s", compare, TIMEOUT_MS);

test.each<[string, string]>([
  ["a query", "sqlite3 :memory: 'SELECT 1 + 1, upper(\"a\"), 7 / 2.0, NULL, x'00ff''"],
  [
    "a database",
    `sqlite3 d.db "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT); INSERT INTO t(b) VALUES('x'),('y');"
sqlite3 -list -header d.db 'SELECT * FROM t'; sqlite3 d.db .dump; ls`,
  ],
  [
    "standard input",
    "printf 'CREATE TABLE t(a);\nINSERT INTO t VALUES(5);\nSELECT a FROM t;\n' | sqlite3",
  ],
  ["a wrong statement", "sqlite3 :memory: 'SELEC 1' 2>/dev/null; echo $?"],
  ["a database that cannot be", "sqlite3 none/d.db 'CREATE TABLE t(a)' 2>/dev/null; echo $?"],
  [
    "import and export",
    `printf 'a,b\n1,2\n3,4\n' > f.csv; sqlite3 d.db '.import --csv f.csv t' 'SELECT sum(a), sum(b) FROM t'`,
  ],
  [
    "a transaction that is taken back",
    "sqlite3 d.db 'CREATE TABLE t(a); BEGIN; INSERT INTO t VALUES(1); ROLLBACK; SELECT count(*) FROM t'; ls",
  ],
  [
    "full-text search and mathematics",
    `sqlite3 :memory: "CREATE VIRTUAL TABLE t USING fts5(x); INSERT INTO t VALUES('the fox'),('a dog'); SELECT x FROM t('fox'); SELECT round(sin(1), 9)"`,
  ],
  [
    "one after the other in the same database",
    `sqlite3 d.db 'CREATE TABLE t(a)'; for i in 1 2 3; do sqlite3 d.db "INSERT INTO t VALUES($i)"; /usr/bin/sqlite3 d.db "INSERT INTO t VALUES($i * 10)"; done; sqlite3 d.db 'PRAGMA integrity_check; SELECT group_concat(a) FROM t'`,
  ],
  // The two are not of one version: on a terminal the newer draws tables.
])("SQLite: %s", (name, command) => compare(name, `{ ${command}; } | cat`), TIMEOUT_MS);

test.each<[string, string]>([
  ["an expression", "qjs -e 'console.log(2n ** 100n, [1, 2, 3].map(x => x * x), 0.1 + 0.2)'"],
  ["arguments", "echo 'console.log(scriptArgs)' > s.js; qjs s.js a 'b c'"],
  [
    "a module",
    `echo 'export const x = 42;' > m.js; echo 'import {x} from "./m.js"; console.log(x)' > s.js; qjs -m s.js`,
  ],
  [
    "files",
    `cat > s.js <<'END'
import * as std from "std"; import * as os from "os";
const f = std.open("f", "w"); f.puts("one\ntwo\n"); f.close();
console.log(std.loadFile("f"), os.rename("f", "g"), os.readdir(".")[0].sort(), os.stat("g")[0].size);
console.log(os.remove("g"), std.getenv("HOME"), std.open("none", "r"));
os.setTimeout(() => { console.log("later"); std.exit(4); }, 10);
END
qjs -m s.js`,
  ],
  [
    "standard input",
    `${LINES} | qjs --std -e 'for (let l; (l = std.in.getline()) !== null; ) console.log(l.length)'`,
  ],
  ["an exception", "qjs -e 'throw new TypeError(\"no\")' 2>&1 | head -n 1"],
  [
    "a recursion without end",
    "qjs -e 'const f = () => 1 + f(); try { f() } catch (e) { console.log(e.name) }'",
  ],
  ["promises", "qjs -e 'Promise.resolve(1).then(x => console.log(x)); console.log(0)'"],
  [
    "regular expressions and text",
    'qjs -e \'console.log("äöü ß".toUpperCase(), /(?<y>\\p{L}+)/u.exec("1 éa").groups.y)\'',
  ],
])("JavaScript: %s", compare, TIMEOUT_MS);

test(
  "a linter",
  async () => {
    const command = `printf 'import os\nprint(x)\n' > a.py; /usr/local/bin/pyflakes3 a.py; echo $?`;
    const outcome = {
      output: "a.py:1:1: 'os' imported but unused\na.py:2:7: undefined name 'x'\n1\n",
      status: 0,
    };
    expect(await run(command, WASM)).toEqual(outcome);
  },
  TIMEOUT_MS,
);

test(
  "packages that pip has put where it does, for whichever Python 3",
  async () => {
    const places = [
      "/root/.local/lib/python3.13/site-packages",
      "/usr/local/lib/python3.13/dist-packages",
    ];
    for (const [at, place] of places.entries()) {
      await guest.run(`mkdir -p ${place}; echo 'where = ${at}' > ${place}/pack${at}.py`);
    }
    const command = "python3 -c 'import pack0, pack1; print(pack0.where, pack1.where)'";
    expect(await run(command, WASM)).toEqual({ output: "0 1\n", status: 0 });
  },
  TIMEOUT_MS,
);

/** What a start with a variable of Python's own does not use. */
const UNPREPARED = "PYTHONX=";

/** Waits for a start that is prepared: the secret of its hashes is another's too. */
const PREPARED = `hash() { python3 -c 'print(hash("x"))'; }; until [ $(hash) = $(hash) ]; do :; done`;

test.each<[string, string]>([
  ["a script", "python3 state.py a b < input"],
  ["a script in another folder", "mkdir in; cd in; python3 ../state.py 'a b' < ../input 2>&1"],
  ["a script by its whole path", "cd /; python3 $OLDPWD/state.py < $OLDPWD/input | cat"],
  ["a module", "python3 -m state x < input > f; cat f"],
  ["code", "python3 -c 'import state' - -v < input"],
  ["standard input", "python3 < state.py"],
  ["standard input by name", "python3 - a < state.py"],
  ["a folder", "mkdir d; cp state.py d/__main__.py; python3 d a < input"],
  [
    "an environment",
    "A=$'\\303\\244\\377' B=$'\\n' python3 -c 'import os; print(os.environb[b\"A\"], os.environ[\"B\"], os.getenv(\"C\"))'",
  ],
  ["one variable less", "env -u LANG python3 -c 'import os; print(os.getenv(\"LANG\"))'"],
  ["no such script", "python3 none; echo $?; python3 -m none; echo $?"],
  ["an exception", "printf 'def f(): 1/0\\nf()' > a.py; python3 a.py; echo $?"],
  ["what is to be done at the end", `python3 -c 'import atexit; atexit.register(print, "end")'`],
  ["a file that nobody closes", `python3 -c 'f = open("f", "w"); f.write("kept")'; cat f`],
  ["another user", "chmod 777 .; su -s /bin/bash nobody -c 'python3 state.py < input'"],
])("Python that has prepared itself is as it is at first: %s", comparePrepared, TIMEOUT_MS);

async function comparePrepared(_: string, command: string): Promise<void> {
  const setUp = (last: string) =>
    `cat > state.py <<'END'\n${PYTHON_STATE}END\necho given > input; ${last}`;
  const [first, prepared] = [
    await run(setUp(`export ${UNPREPARED}; ${command}`), WASM),
    await run(setUp(`${PREPARED}; ${command}`), WASM),
  ];
  expect(prepared).toEqual(first);
  expect(prepared.output).not.toBe("");
}

test(
  "Python that has prepared itself has no streams for what is closed",
  async () => {
    // At first Python does not start so: its C library takes every descriptor for an open one.
    const command = `${PREPARED}; python3 -c 'import sys; print(sys.stdin, sys.stderr)' <&- 2>&-`;
    expect(await run(command, WASM)).toEqual({ output: "None None\n", status: 0 });
  },
  TIMEOUT_MS,
);

test(
  "a package that is new is found at once",
  async () => {
    const place = "/root/.local/lib/python3.9/site-packages";
    const use = "python3 -c 'import late; print(late.value)'";
    const command = `${PREPARED}; mkdir -p ${place}; echo 'value = 7' > ${place}/late.py; ${use}; rm -r /root/.local/lib/python3.9`;
    expect(await run(command, WASM)).toEqual({ output: "7\n", status: 0 });
  },
  TIMEOUT_MS,
);

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
