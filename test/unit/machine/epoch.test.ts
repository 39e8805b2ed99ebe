/**
 * The guest keeps names and attributes of the live tree as long as nobody else changes the tree, and not a
 * moment longer. With Debian's kernel it keeps none; what it sees is the same.
 */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Guest } from "../../../images/build/guest/guest.ts";
import { toByteString } from "../../../workers/kernel/filesystem/names.ts";
import {
  findPath,
  makeDirectories,
  readFile,
  remove,
  writeFile,
} from "../../../workers/kernel/filesystem/paths.ts";
import { NinepSession } from "../../../workers/kernel/ninep/session.ts";
import { hasTunedKernel, restoredGuest } from "../process/restored-guest.ts";

let guest: Guest;
let isTuned: boolean;

beforeAll(async () => {
  guest = await restoredGuest("tiny");
  isTuned = await hasTunedKernel(guest);
});

afterAll(() => guest.destroy());

const text = (words: string) => new TextEncoder().encode(words);

/** What a command in /workspace writes. */
async function output(command: string): Promise<string> {
  return (await guest.run(`cd /workspace; exec 2>&1; ${command}`)).output;
}

function rename(from: string, to: string): void {
  const folder = findPath(guest.fs, "/workspace");
  if (!folder) throw new Error("there is no /workspace");
  guest.fs.rename(folder, toByteString(from), folder, toByteString(to));
}

test("what it has looked for is found as soon as somebody makes it, and gone when it is removed", async () => {
  const look = "[ -e late ] && echo yes || echo no";
  expect(await output(`${look}; ${look}`)).toBe("no\nno\n");
  await writeFile(guest.fs, "/workspace/late", text("x"));
  expect(await output(look)).toBe("yes\n");
  remove(guest.fs, "/workspace/late");
  expect(await output(look)).toBe("no\n");
});

test("a name that leads elsewhere now leads there", async () => {
  await output("echo one > first; echo two > second; cat first second");
  rename("second", "first");
  expect(await output("cat first; cat second")).toBe(
    "two\ncat: can't open 'second': No such file or directory\n",
  );
  makeDirectories(guest.fs, "/workspace/third");
  expect(await output("ls -d third/; rmdir third; echo f > third; cat third")).toBe("third/\nf\n");
});

test("a file that is open is not found by the name it no longer has", async () => {
  await output("echo held > old");
  const command =
    "exec 3< old; echo > ready; until [ -e go ]; do :; done; cat old; cat new; cat <&3";
  const waiting = output(command);
  await vi.waitUntil(() => findPath(guest.fs, "/workspace/ready"), { timeout: 30_000 });
  rename("old", "new");
  await writeFile(guest.fs, "/workspace/go", text(""));
  // Debian's kernel does not ask again for names in use.
  const gone = isTuned ? "cat: can't open 'old': No such file or directory" : "held";
  expect(await waiting).toBe(`${gone}\nheld\nheld\n`);
});

test("size, mode and times are what others have made them", async () => {
  const status = "stat -c '%s %a %Y' file";
  await output(`echo 12345 > file; chmod 600 file; touch -d @1000 file; ${status}`);
  expect(await output(`${status}; ${status}`)).toBe("6 600 1000\n6 600 1000\n");
  await writeFile(guest.fs, "/workspace/file", text("longer than before"), {
    mode: 0o644,
    mtime: { seconds: 2000, nanoseconds: 0 },
  });
  expect(await output(`${status}; cat file`)).toBe("18 644 2000\nlonger than before");
  expect(await output(`echo x > file; chmod 700 file; ${status}`)).toMatch(/^2 700 \d+\n$/);
});

test("pages of a program that somebody has replaced are not run", async () => {
  await output("mkdir -p bin; cp /bin/busybox bin");
  const banner = "bin/busybox | head -n 1 | cut -c 1-9";
  expect(await output(`${banner}; ${banner}`)).toBe("BusyBox v\nBusyBox v\n");
  const bytes = Buffer.from(await readFile(guest.fs, "/workspace/bin/busybox"));
  const inode = findPath(guest.fs, "/workspace/bin/busybox");
  if (!inode) throw new Error("there is no program");
  for (let at = bytes.indexOf("BusyBox v"); at >= 0; at = bytes.indexOf("BusyBox v", at + 1)) {
    await guest.fs.write(inode, at, text("TabnixBox"));
  }
  expect(await output(banner)).toBe("TabnixBox\n");
});

test("hard links have one file's attributes and pages", async () => {
  await output("echo a > one; ln one two; stat -c %h one two; rm one; stat -c %h two");
  expect(await output("ln two three; echo more >> three; stat -c '%h %s' two; cat two")).toBe(
    "2 7\na\nmore\n",
  );
});

test("a folder that others have moved stays where somebody works", async () => {
  await output("mkdir -p work; echo here > work/file");
  const command =
    "cd work; echo > ../at; until [ -e ../moved ]; do :; done; cat file; cat ../gone/file";
  const waiting = output(command);
  await vi.waitUntil(() => findPath(guest.fs, "/workspace/at"), { timeout: 30_000 });
  rename("work", "gone");
  await writeFile(guest.fs, "/workspace/moved", text(""));
  expect(await waiting).toBe("here\nhere\n");
});

test("what it knows it does not ask for again while nobody else changes the tree", async () => {
  await output("mkdir -p many; for i in $(seq 100); do echo > many/$i; done");
  const look = "for i in $(seq 100); do [ -e many/$i ]; [ -e many/none$i ]; done";
  await output(look);
  const handle = vi.spyOn(NinepSession.prototype, "handle");
  await output(look);
  const asked = handle.mock.calls.length;
  await writeFile(guest.fs, "/workspace/other", text("x"));
  await output(look);
  const after = handle.mock.calls.length - asked;
  handle.mockRestore();
  if (isTuned) expect(asked).toBeLessThan(30);
  expect(after).toBeGreaterThan(200);
});
