/** What people do in a Debian: on the real images, as a visitor would. */
import { expect, type Page } from "@playwright/test";
import { screenRows, terminalText, test } from "./support/scripted-page.ts";
import { Shell } from "./support/shell.ts";

/** The last row of the screen that shows something. */
async function lastRow(page: Page): Promise<string> {
  return (await screenRows(page)).findLast((row) => row !== "") ?? "";
}

test("uname, and a commit of a thousand files", async ({ page }) => {
  const shell = await Shell.open(page, "base");
  expect(await shell.output("uname -a")).toMatch(/^Linux tabnix 6\.\S+ .* i686 GNU\/Linux$/);
  await shell.output("mkdir work && cd work && git init -q");
  await shell.output("for i in $(seq 1000); do echo $i > file$i; done");
  await shell.output("git config user.email a@example.org && git config user.name A");
  expect(await shell.output("git add -A && git commit -qm 'a thousand files'")).toBe("");
  expect(await shell.output("git log --format=%s && git ls-files | wc -l && git status -s")).toBe(
    "a thousand files\n1000",
  );
  expect(await shell.output("git fsck --full --no-progress 2>&1")).toBe("");
});

test("Python computes", async ({ page }) => {
  const shell = await Shell.open(page, "python");
  expect(await shell.output("python3 -c 'print(2**100)'")).toBe("1267650600228229401496703205376");
});

test("less draws a page, and the next", async ({ page }) => {
  const shell = await Shell.open(page, "base");
  await shell.output("seq 500 > numbers");
  await shell.type("less numbers");
  await expect.poll(() => lastRow(page)).toBe("numbers");
  const { length } = await screenRows(page);
  const numbers = (from: number) => Array.from({ length: length - 1 }, (_, i) => `${from + i}`);
  expect(await screenRows(page)).toEqual([...numbers(1), "numbers"]);
  await page.keyboard.press("Space");
  await expect.poll(() => screenRows(page)).toEqual([...numbers(length), ":"]);
  await page.keyboard.type("q");
  await shell.prompt();
});

test("vim edits a file", async ({ page }) => {
  const shell = await Shell.open(page, "base");
  await shell.output("seq 3 > lines");
  // It asks the terminal what it is, and when an answer comes just as it ends, waits for ever for another.
  await shell.type("vim --cmd 'set t_RV=' lines");
  await expect.poll(() => lastRow(page)).toMatch(/^"lines" 3L, 6B +1,1 +All$/);
  expect((await screenRows(page)).slice(0, 4)).toEqual(["1", "2", "3", "~"]);
  await page.keyboard.type("jotwo and a half");
  await expect.poll(() => lastRow(page)).toMatch(/^-- INSERT --/);
  await expect
    .poll(async () => (await screenRows(page)).slice(0, 5))
    .toEqual(["1", "2", "two and a half", "3", "~"]);
  await page.keyboard.press("Escape");
  await page.keyboard.type(":wq");
  await page.keyboard.press("Enter");
  await shell.prompt();
  expect(await shell.output("cat lines")).toBe("1\n2\ntwo and a half\n3");
});

test("tmux splits the screen, and follows the window", async ({ page }) => {
  const shell = await Shell.open(page, "base");
  await shell.type("tmux");
  await expect.poll(() => lastRow(page)).toMatch(/^\[0\] 0:bash\*/);
  await page.keyboard.press("Control+b");
  await page.keyboard.type("%");
  await expect.poll(async () => (await screenRows(page))[0]).toMatch(/^\S+:~# +│\S+:~#$/);
  const rows = await screenRows(page);
  expect(rows.slice(1, -1).every((row) => /^ *│/.test(row))).toBe(true);
  await page.setViewportSize({ width: 900, height: 500 });
  await expect
    .poll(async () => {
      const now = await screenRows(page);
      return now.length < rows.length && /^\[0\] 0:bash\*/.test(now.at(-1) ?? "");
    })
    .toBe(true);
  await shell.type("tmux kill-server");
  await shell.prompt();
});

test("Ctrl+C, Ctrl+Z and fg, Ctrl+D", async ({ page }) => {
  const shell = await Shell.open(page, "base");
  // A key reaches a program from when the shell has given it the terminal: the program says so.
  const script = "trap 'echo resumed' CONT; echo started; while :; do sleep 1; done";
  await shell.output(`echo "${script}" > waits`);
  await shell.type("clear; sh waits");
  await expect.poll(() => terminalText(page)).toBe("started");
  await page.keyboard.press("Control+z");
  await expect
    .poll(() => terminalText(page))
    .toMatch(/^started\n\^Z\n\[1\]\+ +Stopped +sh waits\n/);
  await shell.type("clear; fg");
  await expect.poll(() => terminalText(page)).toBe("sh waits\nresumed");
  await page.keyboard.press("Control+c");
  await shell.prompt();
  expect(await shell.lastStatus()).toBe(130);
  expect(await shell.output("jobs")).toBe("");
  await shell.type("clear; cat > typed");
  // From here on the terminal is in the mode of programs: Ctrl+D is no longer a key of the shell's editor.
  await expect.poll(() => terminalText(page)).toBe("");
  await page.keyboard.type("one line");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Control+d");
  expect(await shell.output("cat typed")).toBe("one line");
  await page.keyboard.press("Control+d");
  await expect.poll(() => terminalText(page)).toContain("[process ended with status 0 — press");
});

test("two machines in two tabs of the browser", async ({ page, context }) => {
  const first = await Shell.open(page, "base");
  await first.output("echo first > note");
  const other = await context.newPage();
  await other.goto("./?image=base");
  await other.getByRole("button", { name: "Open a fresh copy that is not saved" }).click();
  const second = new Shell(other);
  await second.prompt();
  expect((await second.run("cat note")).output).toBe("cat: note: No such file or directory");
  await second.output("echo second > note");
  await page.bringToFront();
  expect(await first.output("cat note")).toBe("first");
});
