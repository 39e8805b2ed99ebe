/** Tools that an image brings as WebAssembly, in the shell of a real page. */
import { expect } from "@playwright/test";
import { terminalText, test } from "./support/scripted-page.ts";
import { Shell } from "./support/shell.ts";

const TABLE = `\
NAME     VERSION          SIZE  ENGINE       PATH
lua      5.4.7          318 KB  WebAssembly  /usr/local/bin/lua
python3  3.12.0        13.3 MB  WebAssembly  /usr/local/bin/python3
qjs      2025.04.26     677 KB  WebAssembly  /usr/local/bin/qjs
rg       15.1.0         2.2 MB  WebAssembly  /usr/local/bin/rg
sqlite3  3.52.0         1.3 MB  WebAssembly  /usr/local/bin/sqlite3`;

test("Python is a program like others", async ({ page }) => {
  const shell = await Shell.open(page, "python");
  expect(await shell.output("tools")).toBe(TABLE);
  await shell.output("mkdir -p ~/work; cd ~/work");
  await shell.output("echo 'import os, sys; print(os.getcwd(), sys.argv, sys.platform)' > a.py");
  expect(await shell.output("python3 a.py x | cat")).toBe("/root/work ['a.py', 'x'] wasi");
  expect(await shell.output("echo 'print(6 * 7)' | python3 -")).toBe("42");
  expect((await shell.run("python3 -c 'raise SystemExit(3)'")).status).toBe(3);
  const list = `python3 -c 'import os; print(*sorted(os.listdir("/")), sep="\\n")'`;
  expect(await shell.output(`${list} > seen; ls -A / | LC_ALL=C sort | diff - seen`)).toBe("");
  const write = `python3 -c 'open("/etc/made", "w").write("by python\\n")'`;
  expect(await shell.output(`cat /etc/made 2>/dev/null; ${write}; cat /etc/made`)).toBe(
    "by python",
  );
  // Once it has prepared itself, its hashes have the secret that they had then.
  const hash = `hash() { python3 -c 'print(hash("x"))'; }`;
  await shell.output(`${hash}; until [ $(hash) = $(hash) ]; do :; done`);
  expect(await shell.output("python3 a.py x | cat")).toBe("/root/work ['a.py', 'x'] wasi");
  expect(await shell.output("/usr/bin/python3 a.py")).toBe("/root/work ['a.py'] linux");
});

test("SQLite, Lua and JavaScript on the same files", async ({ page }) => {
  const shell = await Shell.open(page, "python");
  await shell.output("mkdir -p ~/work; cd ~/work; printf 'name,size\\none,1\\ntwo,2\\n' > a.csv");
  await shell.output("sqlite3 a.db '.import --csv a.csv t'");
  expect(await shell.output("sqlite3 a.db 'SELECT sum(size) FROM t' | cat")).toBe("3");
  const lines = "lua -e 'for line in io.lines() do print(#line .. line) end'";
  expect(await shell.output(`sqlite3 a.db 'SELECT name FROM t' | ${lines}`)).toBe("3one\n3two");
  expect(await shell.output("qjs -e 'console.log(6 * 7)' > b; cat b")).toBe("42");
  await shell.type("clear; qjs");
  await expect.poll(() => terminalText(page)).toMatch(/qjs > ?$/);
  await shell.type("function f(x) {");
  await shell.type("return { x } }");
  await shell.type("f(7)");
  await expect.poll(() => terminalText(page)).toMatch(/\{ "x": 7 \}\nqjs > ?$/);
  await shell.type("none");
  await expect
    .poll(() => terminalText(page))
    .toMatch(/ReferenceError: 'none' is not defined\n {4}at <eval> \(<evalScript>:1:1\)\nqjs > ?$/);
  await page.keyboard.press("Control+d");
  await shell.prompt();
});

test("ripgrep searches what it is given, piped in or not", async ({ page }) => {
  const shell = await Shell.open(page, "base");
  await shell.output("mkdir -p ~/work; cd ~/work; printf 'one\\ntwo\\nthree\\n' > a; cp a b");
  expect(await shell.output("command -v rg")).toBe("/usr/local/bin/rg");
  expect(await shell.output("cat a | rg t")).toBe("two\nthree");
  expect(await shell.output("rg -c t < a")).toBe("2");
  expect(await shell.output("echo one > patterns; cat a | rg -f patterns; rm patterns")).toBe(
    "one",
  );
  expect(await shell.output("cat b | rg -n two a")).toBe("2:two");
  expect(await shell.output("rg --no-heading -N --sort path tw < /dev/null")).toBe("a:two\nb:two");
  expect(await shell.output("true | rg one; echo $?")).toBe("1");
  expect(await shell.output("ps | rg -c '^ *PID'")).toBe("1");
  // As Debian's, which runs emulated.
  const all = "rg -n --sort path -C1 'en.?able' /etc /usr/lib/tabnix";
  expect(await shell.output(`${all} > wasm; echo $?`)).toBe("0");
  expect(await shell.output(`/usr/bin/${all} | cmp - wasm; wc -l < wasm | tr -d ' '`)).toMatch(
    /^[1-9]\d+$/,
  );
});
