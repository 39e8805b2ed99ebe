/** WebAssembly programs in the shell of a real page: by shared memory where it is isolated, else by JSPI. */
import { expect, type Page } from "@playwright/test";
import { PROGRAMS } from "../unit/process/programs.ts";
import { assemble } from "../unit/wasi/assemble.ts";
import { terminalText, test } from "./support/scripted-page.ts";
import { Shell } from "./support/shell.ts";

const LINE = 76;

/** Types programs into files of the guest. */
async function install(shell: Shell, ...names: string[]): Promise<void> {
  await shell.output("cd /workspace");
  for (const name of names) {
    const text = Buffer.from(await assemble(PROGRAMS[name] ?? "")).toString("base64");
    const lines = text.match(new RegExp(`.{1,${LINE}}`, "g")) ?? [];
    await shell.type(`base64 -d > ${name} <<END`);
    await shell.type(`${lines.join("\n")}\nEND`);
    await shell.output(`chmod +x ${name}`);
  }
}

async function opened(page: Page, ...names: string[]): Promise<Shell> {
  const shell = await Shell.open(page, "tiny");
  await install(shell, ...names);
  return shell;
}

test("programs have arguments, pipes, files and exit statuses", async ({ page }) => {
  const shell = await opened(page, "args", "cat", "exit");
  expect(await shell.output("./args one 'two three'")).toBe("one\ntwo three");
  expect(await shell.output("echo text | ./cat | tr a-z A-Z")).toBe("TEXT");
  expect(await shell.output("./args 1 > f; ./args 2 >> f; ./cat < f")).toBe("1\n2");
  expect(await shell.run("./exit 3")).toEqual({ output: "", status: 3 });
  const several = "(for i in 1 2 3; do ./args $i > f$i & done; wait); cat f1 f2 f3";
  expect(await shell.output(several)).toBe("1\n2\n3");
});

test("a program reads the terminal, and Ctrl+C ends one that never does", async ({ page }) => {
  const shell = await opened(page, "cat", "spin");
  await shell.type("clear; ./spin");
  await expect.poll(() => terminalText(page)).toBe("spinning");
  await page.keyboard.press("Control+c");
  await shell.prompt();
  await shell.type("status=$?");
  expect(await shell.output("echo $status")).toBe("130");
  await shell.type("clear; echo reads; ./cat");
  await expect.poll(() => terminalText(page)).toBe("reads");
  await shell.type("typed");
  await expect.poll(() => terminalText(page)).toBe("reads\ntyped\ntyped");
  await page.keyboard.press("Control+d");
  await shell.prompt();
});

test("one that is stopped goes on where it was", async ({ page }) => {
  const shell = await opened(page, "cat");
  await shell.type("clear; echo reads; ./cat");
  await expect.poll(() => terminalText(page)).toBe("reads");
  await shell.type("one");
  await expect.poll(() => terminalText(page)).toBe("reads\none\none");
  await page.keyboard.press("Control+z");
  await shell.prompt();
  // The shell says what goes on, and then it does.
  await shell.type("clear; fg");
  await expect.poll(() => terminalText(page)).toBe("./cat");
  await shell.type("two");
  await expect.poll(() => terminalText(page)).toBe("./cat\ntwo\ntwo");
  await page.keyboard.press("Control+d");
  await shell.prompt();
});
