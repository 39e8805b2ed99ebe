/**
 * The guest keeps what it knows of the system tree: names, also of what is not there, where links lead, and
 * files that it reads again and again. With Debian's kernel it keeps less; what it sees is the same.
 */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Guest } from "../../../images/build/guest/guest.ts";
import { findPath, remove, writeFile } from "../../../workers/kernel/filesystem/paths.ts";
import { NinepSession } from "../../../workers/kernel/ninep/session.ts";
import { hasTunedKernel, restoredGuest } from "../process/restored-guest.ts";

let guest: Guest;
let isTuned: boolean;

beforeAll(async () => {
  guest = await restoredGuest("tiny");
  isTuned = await hasTunedKernel(guest);
});

afterAll(() => guest.destroy());

/** What a command in /etc writes. */
async function output(command: string): Promise<string> {
  return (await guest.run(`cd /etc; exec 2>&1; ${command}`)).output;
}

/** Requests that a command makes. */
async function requests(command: string): Promise<number> {
  const handle = vi.spyOn(NinepSession.prototype, "handle");
  await output(command);
  const { length } = handle.mock.calls;
  handle.mockRestore();
  return length;
}

/** The command three times. */
const thrice = (command: string) => Array(3).fill(command).join("; ");

test("what it has looked for is found as soon as somebody else makes it", async () => {
  const look = "[ -e late ] && echo yes || echo no";
  expect(await output(thrice(look))).toBe("no\nno\nno\n");
  await writeFile(guest.fs, "/etc/late", new TextEncoder().encode("x"));
  expect(await output(thrice(look))).toBe("yes\nyes\nyes\n");
  remove(guest.fs, "/etc/late");
  expect(await output(`echo 3 > /proc/sys/vm/drop_caches; ${look}`)).toBe("no\n");
});

test.each([
  ["a file", "echo x > it", "x"],
  ["a folder", "mkdir it; echo x > it/in; mv it/in in; rmdir it; mv in it", "x"],
  ["a link", "echo x > other; ln -s other it", "x"],
  ["another name of a file", "echo x > other; ln other it", "x"],
  ["a file that is moved", "echo x > other; mv other it", "x"],
  ["a copy", "echo x > other; cp -p other it", "x"],
  ["a pipe", "mkfifo it; (echo x > it &)", "x"],
])("what it has looked for is there when it makes it: %s", async (_what, make, content) => {
  const none = "cat: can't open 'it': No such file or directory";
  const command = `rm -f it other; ${thrice("cat it")}; ${make}; cat it; rm it; cat it`;
  expect(await output(command)).toBe(`${none}\n${none}\n${none}\n${content}\n${none}\n`);
});

test("a name that leads elsewhere now leads there", async () => {
  await output("echo one > first; echo two > second");
  expect(await output(`${thrice("cat first")}; mv second first; cat first second`)).toBe(
    "one\none\none\ntwo\ncat: can't open 'second': No such file or directory\n",
  );
  await output("echo one > one; echo two > two; ln -s one link");
  expect(await output(`${thrice("cat link")}; ln -sf two link; cat link; readlink link`)).toBe(
    "one\none\none\ntwo\ntwo\n",
  );
});

test("what is written to a file that was read is read", async () => {
  const command = `echo one > text; ${thrice("cat text")}; echo two >> text; cat text; echo > text; cat text`;
  expect(await output(command)).toBe("one\none\none\none\ntwo\n\n");
});

test("a file that is removed takes no room, and one that is open is there until it is closed", async () => {
  await output(`echo gone > text; sync; ${thrice("cat text")}`);
  const inode = findPath(guest.fs, "/etc/text");
  if (!inode) throw new Error("there is no file");
  expect(await output("exec 3< text; rm text; cat <&3; cat text")).toBe(
    "gone\ncat: can't open 'text': No such file or directory\n",
  );
  expect(guest.fs.inode(inode.number)).toBeUndefined();
});

test("a file that one user reads is not open for another", async () => {
  await output("echo other:x:1234:1234::/:/bin/sh >> passwd");
  const other = "start-stop-daemon -S -c other -x /bin/cat -- secret";
  const command = `echo secret > secret; chmod 644 secret; ${other}; chmod 600 secret; ${thrice("cat secret")}; ${other}`;
  expect(await output(command)).toBe(
    "secret\nsecret\nsecret\nsecret\ncat: can't open 'secret': Permission denied\n",
  );
});

test("what it knows it does not ask for again", async () => {
  await output("mkdir many; for i in $(seq 50); do echo $i > many/$i; ln -s $i many/link$i; done");
  const look =
    "for i in $(seq 50); do [ -e many/none$i ]; read x < many/link$i; [ $x = $i ] || echo wrong; done";
  expect(await output(`${look}; ${look}`)).toBe("");
  const asked = await requests(look);
  if (isTuned) expect(asked).toBeLessThan(20);
  // It is no more than what it keeps that saves it from asking.
  expect(await requests(`echo 3 > /proc/sys/vm/drop_caches; ${look}`)).toBeGreaterThan(250);
});
