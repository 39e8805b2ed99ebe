/** WebAssembly programs in the shell of a real page: by shared memory where it is isolated, else by JSPI. */
import type { Page } from "@playwright/test";
import { PROGRAMS } from "../unit/process/programs.ts";
import { THREAD_PROGRAMS } from "../unit/process/thread-programs.ts";
import { WASIX_PROGRAMS } from "../unit/process/wasix-programs.ts";
import { expect } from "./support/engines.ts";
import { installPrograms } from "./support/programs.ts";
import { terminalText, test } from "./support/scripted-page.ts";
import { Shell } from "./support/shell.ts";

const CANNOT_RUN = "needs shared memory or JSPI, and this engine has neither without isolation";

async function opened(page: Page, ...names: string[]): Promise<Shell> {
  const shell = await Shell.open(page, "tiny");
  await installPrograms(shell, { ...PROGRAMS, ...THREAD_PROGRAMS }, ...names);
  return shell;
}

test("programs have arguments, pipes, files and exit statuses", async ({
  page,
  canRunPrograms,
}) => {
  test.skip(!canRunPrograms, CANNOT_RUN);
  const shell = await opened(page, "args", "cat", "exit");
  expect(await shell.output("./args one 'two three'")).toBe("one\ntwo three");
  expect(await shell.output("echo text | ./cat | tr a-z A-Z")).toBe("TEXT");
  expect(await shell.output("./args 1 > f; ./args 2 >> f; ./cat < f")).toBe("1\n2");
  expect(await shell.run("./exit 3")).toEqual({ output: "", status: 3 });
  const several = "(for i in 1 2 3; do ./args $i > f$i & done; wait); cat f1 f2 f3";
  expect(await shell.output(several)).toBe("1\n2\n3");
});

test("a program reads the terminal, and Ctrl+C ends one that never does", async ({
  page,
  canRunPrograms,
}) => {
  test.skip(!canRunPrograms, CANNOT_RUN);
  const shell = await opened(page, "cat", "spin");
  await shell.type("clear; ./spin");
  await expect.poll(() => terminalText(page)).toBe("spinning");
  await page.keyboard.press("Control+c");
  await shell.prompt();
  expect(await shell.lastStatus()).toBe(130);
  await shell.type("clear; echo reads; ./cat");
  await expect.poll(() => terminalText(page)).toBe("reads");
  await shell.type("typed");
  await expect.poll(() => terminalText(page)).toBe("reads\ntyped\ntyped");
  await page.keyboard.press("Control+d");
  await shell.prompt();
});

test("what a program has changed is seen after Ctrl+C, also where the guest caches", async ({
  page,
  canRunPrograms,
}) => {
  test.skip(!canRunPrograms, CANNOT_RUN);
  const shell = await opened(page, "linger");
  await shell.output("cd /etc; echo mine > late");
  await shell.type("clear; /workspace/linger late");
  await expect.poll(() => terminalText(page)).toBe("kept");
  await page.keyboard.press("Control+c");
  await shell.prompt();
  expect(await shell.output("until grep kept late; do sleep 0.1; done")).toBe("kept");
});

test("one that is stopped goes on where it was", async ({ page, canRunPrograms }) => {
  test.skip(!canRunPrograms, CANNOT_RUN);
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

test("threads run where the page is isolated; elsewhere they and WASIX are refused in a line", async ({
  page,
  canRunPrograms,
}) => {
  test.skip(!canRunPrograms, CANNOT_RUN);
  const shell = await opened(page, "sum", "threadspin");
  if (!(await page.evaluate(() => crossOriginIsolated))) {
    const { output, status } = await shell.run("./sum");
    expect(output).toMatch(/^tabnix: \.\/sum: it has threads, .* isolated$/);
    expect(status).toBe(126);
    await installPrograms(shell, WASIX_PROGRAMS, "xtrap");
    expect(await shell.run("./xtrap")).toEqual({
      output: "tabnix: ./xtrap: it needs WASIX, which runs only where the page is isolated",
      status: 126,
    });
    return;
  }
  expect(await shell.output("./sum; ./sum | cat")).toBe("10000\n10000");
  await shell.type("clear; ./threadspin");
  await expect.poll(() => terminalText(page)).toBe("spinning");
  await page.keyboard.press("Control+c");
  await shell.prompt();
  expect(await shell.output("./sum")).toBe("10000");
});

test("where memory cannot be shared and programs cannot wait, a line says so, and Debian's own runs", async ({
  page,
  canRunPrograms,
}) => {
  test.skip(canRunPrograms, "here they run");
  const shell = await Shell.open(page, "python");
  const line = "this browser runs WebAssembly programs only where the page is isolated";
  expect(await shell.output("python3 -c 'import sys; print(sys.platform)'")).toBe(
    `tabnix: /usr/local/bin/python3: ${line}; /usr/bin/python3 runs instead, emulated\nlinux`,
  );
  await installPrograms(shell, PROGRAMS, "args");
  expect(await shell.run("./args")).toEqual({ output: `tabnix: ./args: ${line}`, status: 126 });
});
