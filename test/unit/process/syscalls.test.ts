/** What WebAssembly programs may do to the tree, and who may. */
import { beforeEach, expect, test } from "vitest";
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import {
  findPath,
  makeDirectories,
  makeSymlink,
  readFile,
  resolvePath,
  writeFile,
} from "../../../workers/kernel/filesystem/paths.ts";
import type { Credentials } from "../../../workers/kernel/process/access.ts";
import { ExecChannel } from "../../../workers/kernel/process/exec-channel.ts";
import { AgentStreams } from "../../../workers/kernel/process/stream.ts";
import { Syscalls } from "../../../workers/kernel/process/syscalls.ts";
import type { Answer, Call } from "../../../workers/wasi/contract.ts";

const ROOT = 3;
const USER: Credentials = { uid: 1000, gid: 1000, groups: [50], umask: 0o022 };
const SUPERUSER: Credentials = { uid: 0, gid: 0, groups: [], umask: 0o022 };
const FLAGS = { read: true, write: true, append: false, nonblocking: false };
const READ_ONLY = { ...FLAGS, write: false };
const NOBODY = { onRequest() {}, onWriteError() {}, onClose() {} };
const OPEN = {
  op: "open",
  at: ROOT,
  follow: true,
  create: false,
  exclusive: false,
  directory: false,
  truncate: false,
  flags: READ_ONLY,
} as const;

const text = (value: string) => new TextEncoder().encode(value);

let fs: FileSystem;

beforeEach(async () => {
  fs = new FileSystem();
  makeDirectories(fs, "/home/user", { uid: 1000, gid: 1000, mode: 0o755 });
  makeDirectories(fs, "/tmp", { mode: 0o1777 });
  makeDirectories(fs, "/secret", { mode: 0o700 });
  await writeFile(fs, "/secret/key", text("hidden"));
  await writeFile(fs, "/etc/motd", text("welcome"));
  await writeFile(fs, "/etc/shadow", text("hash"), { mode: 0o640, gid: 50 });
});

function processOf(who: Credentials) {
  const streams = new AgentStreams(new ExecChannel(NOBODY));
  const files = new Map([[ROOT, { inode: fs.root, flags: READ_ONLY }]]);
  const syscalls = new Syscalls({ fs, who, streams, files });
  return {
    syscalls,
    async call(call: Call, data = new Uint8Array(0)): Promise<Answer & { data?: string }> {
      const result = await syscalls.perform(call, data);
      const bytes = result.data && { data: new TextDecoder().decode(result.data) };
      return { ...result.answer, ...bytes };
    },
  };
}

test("a file is made with the caller's owner and mask, written, and read", async () => {
  const { call } = processOf(USER);
  const path = "home/user/made";
  const made = await call({ ...OPEN, path, create: true, flags: FLAGS });
  expect(made).toMatchObject({ file: 4, status: { kind: "file", size: 0, links: 1 } });
  expect(await call({ op: "write", file: 4, offset: 0 }, text("hello"))).toEqual({ count: 5 });
  expect(await call({ op: "write", file: 4, offset: "end" }, text("!"))).toEqual({ count: 1 });
  expect(await call({ op: "read", file: 4, offset: 1, length: 100 })).toEqual({
    length: 5,
    inode: findPath(fs, path)?.number,
    data: "ello!",
  });
  expect(findPath(fs, path)).toMatchObject({ uid: 1000, gid: 1000, mode: 0o100644 });
  expect(await call({ op: "close", file: 4 })).toEqual({});
  expect(await call({ op: "close", file: 4 })).toEqual({ error: "EBADF" });
});

test.each<[string, Omit<Call & { op: "open" }, "op" | "at" | "follow">, Answer]>([
  ["nothing there", { ...OPEN, path: "none" }, { error: "ENOENT" }],
  ["no path", { ...OPEN, path: "" }, { error: "ENOENT" }],
  ["a file as a folder", { ...OPEN, path: "etc/motd/x" }, { error: "ENOTDIR" }],
  ["a slash behind a file", { ...OPEN, path: "etc/motd/" }, { error: "ENOTDIR" }],
  ["a folder to write", { ...OPEN, path: "etc", flags: FLAGS }, { error: "EISDIR" }],
  [
    "a file that must be a folder",
    { ...OPEN, path: "etc/motd", directory: true },
    { error: "ENOTDIR" },
  ],
  ["a folder nobody may search", { ...OPEN, path: "secret/key" }, { error: "EACCES" }],
  ["a file nobody may write", { ...OPEN, path: "etc/motd", flags: FLAGS }, { error: "EACCES" }],
  [
    "a new file where nobody may write",
    { ...OPEN, path: "etc/new", create: true },
    { error: "EACCES" },
  ],
  [
    "a new file that is there",
    { ...OPEN, path: "etc/motd", create: true, exclusive: true },
    { error: "EEXIST" },
  ],
  ["a NUL in the path", { ...OPEN, path: "etc/motd\0" }, { error: "EINVAL" }],
])("open refuses %s", async (_, call, answer) => {
  expect(await processOf(USER).call({ ...OPEN, ...call })).toEqual(answer);
});

test.each<[boolean, string, (process: ReturnType<typeof processOf>) => Promise<Answer>]>([
  [false, "a file to read", ({ call }) => call({ ...OPEN, path: "etc/motd" })],
  [false, "a file of the live tree", (one) => write(one, { path: "tmp/new", create: true })],
  [true, "a new file", (one) => write(one, { path: "etc/new", create: true })],
  [true, "a file that is there", (one) => write(one, { path: "etc/motd" })],
  [true, "a file through a link", (one) => write(one, { path: "tmp/link" })],
  [false, "a file of the live tree through a link", (one) => write(one, { path: "etc/link" })],
  [true, "a file that is cut", ({ call }) => call(cut("etc/motd"))],
  [true, "a new folder", ({ call }) => call({ op: "mkdir", at: ROOT, path: "etc/x" })],
  [false, "one of the live tree", ({ call }) => call({ op: "mkdir", at: ROOT, path: "tmp/x" })],
  [true, "a name that goes", ({ call }) => call({ op: "unlink", at: ROOT, path: "etc/motd" })],
  [
    true,
    "a name that comes",
    ({ call }) =>
      call({ op: "rename", at: ROOT, path: "tmp/file", newAt: ROOT, newPath: "etc/file" }),
  ],
  [
    true,
    "a time",
    ({ call }) =>
      call({ op: "setTimesAt", at: ROOT, path: "etc/motd", follow: true, mtime: "now" }),
  ],
])("the guest must be told (%s): %s", async (isCached, _, act) => {
  await writeFile(fs, "/tmp/file", text("x"));
  makeSymlink(fs, "/tmp/link", "/etc/motd");
  makeSymlink(fs, "/etc/link", "/tmp/file");
  const process = processOf(SUPERUSER);
  expect(await act(process)).not.toHaveProperty("error");
  expect(process.syscalls.changes.any).toBe(isCached);
});

const cut = (path: string) => ({ ...OPEN, path, truncate: true, flags: FLAGS });

async function write(
  { call }: ReturnType<typeof processOf>,
  how: { path: string; create?: boolean },
): Promise<Answer> {
  const opened = await call({ ...OPEN, ...how, flags: FLAGS });
  const file = ("file" in opened && opened.file) || -1;
  return call({ op: "write", file, offset: 0 }, text("changed"));
}

test("groups count, and the superuser may what others may not", async () => {
  expect(await processOf(USER).call({ ...OPEN, path: "etc/shadow" })).toHaveProperty("file");
  const other = processOf({ ...USER, groups: [] });
  expect(await other.call({ ...OPEN, path: "etc/shadow" })).toEqual({ error: "EACCES" });
  const root = processOf(SUPERUSER);
  expect(await root.call({ ...OPEN, path: "secret/key" })).toHaveProperty("file");
});

test("paths through links and dots stay in the tree", async () => {
  makeSymlink(fs, "/home/user/up", "../../etc/motd");
  makeSymlink(fs, "/home/user/loop", "loop");
  makeSymlink(fs, "/home/user/new", "made-by-link");
  const { call } = processOf(USER);
  const stat = (path: string, follow = true) => call({ op: "statAt", at: ROOT, path, follow });
  expect(await stat("home/user/up")).toMatchObject({ status: { kind: "file", size: 7 } });
  expect(await stat("home/user/up", false)).toMatchObject({ status: { kind: "link", size: 14 } });
  expect(await stat("../../../etc/motd")).toMatchObject({ status: { size: 7 } });
  expect(await stat("home/user/loop")).toEqual({ error: "ELOOP" });
  expect(await call({ ...OPEN, path: "home/user/up", follow: false })).toEqual({ error: "ELOOP" });
  const made = { ...OPEN, path: "home/user/new", create: true, flags: FLAGS };
  expect(await call(made)).toHaveProperty("file");
  expect(findPath(fs, "/home/user/made-by-link")?.isFile).toBe(true);
  expect(await call({ op: "readlink", at: ROOT, path: "home/user/up" })).toEqual({
    target: "../../etc/motd",
  });
});

test("names are made, moved and removed, with the rules of sticky directories", async () => {
  const { call } = processOf(USER);
  const at = ROOT;
  expect(await call({ op: "mkdir", at, path: "tmp/mine" })).toEqual({});
  expect(await call({ op: "mkdir", at, path: "tmp/mine" })).toEqual({ error: "EEXIST" });
  expect(await call({ op: "symlink", target: "x", at, path: "tmp/mine/link" })).toEqual({});
  expect(await call({ op: "rmdir", at, path: "tmp/mine" })).toEqual({ error: "ENOTEMPTY" });
  const move = {
    op: "rename",
    at,
    path: "tmp/mine/link",
    newAt: at,
    newPath: "tmp/moved",
  } as const;
  expect(await call(move)).toEqual({});
  expect(await call({ op: "unlink", at, path: "tmp/moved" })).toEqual({});
  expect(await call({ op: "unlink", at, path: "tmp/mine" })).toEqual({ error: "EISDIR" });
  expect(await call({ op: "rmdir", at, path: "tmp/mine/" })).toEqual({});
  await writeFile(fs, "/tmp/roots", text(""), { mode: 0o666 });
  expect(await call({ op: "unlink", at, path: "tmp/roots" })).toEqual({ error: "EPERM" });
  expect(await call({ op: "unlink", at, path: "etc/motd" })).toEqual({ error: "EACCES" });
  const link = { op: "link", at, path: "etc/motd", follow: true, newAt: at } as const;
  expect(await call({ ...link, newPath: "home/user/second" })).toEqual({});
  expect(resolvePath(fs, "/etc/motd").nlink).toBe(2);
});

test("a directory is listed in pieces", async () => {
  for (const name of ["a", "b", "c"]) await writeFile(fs, `/home/user/${name}`, text(""));
  const { call } = processOf(USER);
  await call({ ...OPEN, path: "home/user" });
  const first = await call({ op: "list", file: 4, cookie: 0, count: 4 });
  const names = (answer: Answer) => "entries" in answer && answer.entries?.map(({ name }) => name);
  expect(names(first)).toEqual([".", "..", "a", "b"]);
  const cookie = ("entries" in first && first.entries?.at(-1)?.cookie) || 0;
  expect(names(await call({ op: "list", file: 4, cookie, count: 2 }))).toEqual(["c"]);
});

test("times: to any by the owner, to the present by who may write", async () => {
  const { call } = processOf(USER);
  const times = { op: "setTimesAt", at: ROOT, follow: true, atime: undefined } as const;
  await writeFile(fs, "/home/user/file", text(""), { uid: 1000 });
  await writeFile(fs, "/tmp/open", text(""), { mode: 0o666 });
  const set = (path: string, mtime: string) => call({ ...times, path, mtime });
  expect(await set("home/user/file", "1500000000123456789")).toEqual({});
  expect(
    await call({ op: "statAt", at: ROOT, path: "home/user/file", follow: true }),
  ).toMatchObject({
    status: { mtime: "1500000000123456789" },
  });
  expect(await set("tmp/open", "1")).toEqual({ error: "EPERM" });
  expect(await set("tmp/open", "now")).toEqual({});
  expect(await set("etc/motd", "now")).toEqual({ error: "EACCES" });
  expect(await set("home/user/file", "-1")).toEqual({ error: "EINVAL" });
});

test("a file that has lost its name lives until the process closes it, or is gone", async () => {
  const { call, syscalls } = processOf(USER);
  const made = { ...OPEN, path: "home/user/gone", create: true, flags: FLAGS };
  await call(made);
  const { number } = resolvePath(fs, "/home/user/gone");
  await call({ op: "unlink", at: ROOT, path: "home/user/gone" });
  await call({ op: "write", file: 4, offset: 0 }, text("still"));
  expect(await call({ op: "read", file: 4, offset: 0, length: 9 })).toMatchObject({
    data: "still",
  });
  expect(fs.inode(number)).toBeDefined();
  syscalls.close();
  expect(fs.inode(number)).toBeUndefined();
});

test("what is no call changes nothing", async () => {
  const { call } = processOf(SUPERUSER);
  const odd: unknown[] = [
    { op: "read", file: ROOT, offset: 0, length: 9 },
    { op: "read", file: "x", offset: 0, length: 9 },
    { op: "open" },
    { op: "mkdir", at: ROOT, path: 5 },
    { op: "mkdir", at: ROOT },
    { op: "rename", at: ROOT, path: "etc" },
    { op: "list", file: ROOT, cookie: -1, count: 1 },
    { op: "poll", files: 3 },
    { op: "setTimesAt", at: ROOT, path: "etc", mtime: {} },
    { op: "write", file: ROOT, offset: Number.NaN },
    { op: "none" },
    {},
  ];
  for (const one of odd) expect(await call(one as Call)).toHaveProperty("error");
  expect([...(fs.root.directory?.entries() ?? [])].map(({ name }) => name)).toEqual([
    "home",
    "tmp",
    "secret",
    "etc",
  ]);
  expect(new TextDecoder().decode(await readFile(fs, "/etc/motd"))).toBe("welcome");
});
