/** The examples that are published with the site do what they say. */
import { readFileSync } from "node:fs";
import { expect, type Page } from "@playwright/test";
import { terminalText, test } from "./support/scripted-page.ts";

const FOLDER = new URL("../../public/examples/", import.meta.url);
const PROMPT = "root@tabnix:~#";

/** The file of an example as its author has written it. */
function fileOf(example: string, path: string): string {
  const { files } = JSON.parse(readFileSync(new URL(example, FOLDER), "utf8"));
  return files[path].join("\n");
}

/** What follows the message of the day. */
async function shown(page: Page): Promise<string> {
  const text = await terminalText(page);
  return text.slice(text.indexOf(PROMPT));
}

async function expectShown(page: Page, ...lines: string[]): Promise<void> {
  await expect.poll(() => shown(page)).toBe([...lines, PROMPT].join("\n"));
}

test("Python", async ({ page }) => {
  await page.goto("./?setup=examples/python.json");
  await expectShown(
    page,
    `${PROMPT} cat primes.py`,
    fileOf("python.json", "/root/primes.py"),
    `${PROMPT} python3 primes.py 200`,
    "2 3 5 7 11 13 17 19 23 29 31 37 41 43 47 53 59 61 67 71 73 79 83 89 97 101 103 107 109 113 127 131 137 139 149 151 157 163 167 173 179 181 191 193 197 199",
    "46 prime numbers below 200",
  );
});

test("SQLite", async ({ page }) => {
  await page.goto("./?setup=examples/sqlite.json");
  await expectShown(
    page,
    `${PROMPT} sqlite3 shop.db < shop.sql`,
    `${PROMPT} cat sales.sql`,
    fileOf("sqlite.json", "/root/sales.sql"),
    `${PROMPT} sqlite3 -box shop.db < sales.sql`,
    "╭────────┬────────┬───────╮",
    "│  name  │ pieces │ total │",
    "╞════════╪════════╪═══════╡",
    "│ apples │      6 │  12.6 │",
    "│ bread  │      3 │   9.6 │",
    "│ cheese │      1 │   7.5 │",
    "╰────────┴────────┴───────╯",
  );
});

test("Lua and JavaScript", async ({ page }) => {
  await page.goto("./?setup=examples/languages.json");
  const counts = [
    [4, "the"],
    [2, "dog"],
    [2, "fox"],
    [1, "and"],
    [1, "brown"],
  ].map(([times, word]) => `${times}       ${word}`);
  await expectShown(
    page,
    `${PROMPT} cat count.lua`,
    fileOf("languages.json", "/root/count.lua"),
    `${PROMPT} lua count.lua words.txt`,
    ...counts,
  );
  await page.getByRole("tab").nth(1).click();
  await expectShown(
    page,
    `${PROMPT} cat count.js`,
    fileOf("languages.json", "/root/count.js"),
    `${PROMPT} qjs -m count.js words.txt`,
    ...counts,
  );
});

test("the shell", async ({ page }) => {
  await page.goto("./?setup=examples/shell.json");
  await expectShown(
    page,
    `${PROMPT} head -n 3 $LOG`,
    ...fileOf("shell.json", "/root/access.log").split("\n").slice(0, 3),
    `${PROMPT} awk '{ print $7 }' $LOG | sort | uniq -c | sort -rn`,
    "      3 /docs/",
    "      2 /docs/disk",
    "      2 /",
    "      1 /old",
    "      1 /favicon.ico",
    `${PROMPT} awk '$9 == 404 { print $1, $7 }' $LOG`,
    "10.0.0.3 /favicon.ico",
    "10.0.0.7 /old",
    `${PROMPT} awk '{ sum += $10 } END { print sum / 1024 " KiB were sent" }' $LOG`,
    "61.0928 KiB were sent",
  );
});

test("a web server", async ({ page }) => {
  await page.goto("./?setup=examples/web.json");
  await page.getByRole("dialog").getByRole("button", { name: "Run it" }).click();
  const frame = page.frameLocator(".preview-frame");
  await expect(frame.getByRole("heading")).toHaveText("Hello from Debian");
  await frame.getByRole("link").click();
  await expect(frame.locator("body")).toHaveText(/ UTC \d+\nLinux tabnix 6\./);
});

test("a table", async ({ page }) => {
  await page.goto("./?setup=examples/csv.json");
  await expectShown(
    page,
    `${PROMPT} head -n 3 weather.csv`,
    ...fileOf("csv.json", "/root/weather.csv").split("\n").slice(0, 3),
    `${PROMPT} python3 warmest.py < weather.csv > means.csv`,
    `${PROMPT} cat means.csv`,
    "city,mean",
    "Cairo,32.25",
    "Lima,20.25",
    "Oslo,6.25",
  );
});

test("git", async ({ page }) => {
  await page.goto("./?setup=examples/git.json");
  const inFolder = "root@tabnix:~/recipes#";
  await expect
    .poll(async () => (await shown(page)).replace(/^index .*$/m, "index"))
    .toBe(
      [
        `${PROMPT} cd recipes && git init -q && git add .`,
        `${inFolder} git commit -qm 'A soup' && git switch -c spicy`,
        "Switched to a new branch 'spicy'",
        `${inFolder} sed -i s/salt/chilli/ soup.txt && git diff -U0`,
        "diff --git a/soup.txt b/soup.txt",
        "index",
        "--- a/soup.txt",
        "+++ b/soup.txt",
        "@@ -3 +3 @@",
        "-a pinch of salt",
        "+a pinch of chilli",
        `${inFolder} git commit -qam 'Chilli in place of salt'`,
        `${inFolder} git switch -q main && git merge -q spicy && git log --format='%an: %s'`,
        "Ada: Chilli in place of salt",
        "Ada: A soup",
        inFolder,
      ].join("\n"),
    );
});

test("tmux and vim", async ({ page }) => {
  await page.goto("./?setup=examples/tmux.json");
  const [, line = ""] = fileOf("tmux.json", "/root/hello.sh").split("\n");
  await expect.poll(() => terminalText(page)).toContain(`│${PROMPT}`);
  await expect.poll(() => terminalText(page)).toContain(line);
  await page.keyboard.type("bash hello.sh\n");
  await expect.poll(() => terminalText(page)).toContain("│Hello from tabnix\n");
  expect(await terminalText(page)).toMatch(/\n\[work\] 0:/);
});
