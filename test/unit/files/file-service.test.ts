/** What the page may do with the tree: each call, and each way in which it fails. */
import { beforeEach, describe, expect, test } from "vitest";
import type { FileCall, Replaceable } from "../../../workers/kernel/files/contract.ts";
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import { MemoryOverlay } from "../../../workers/kernel/filesystem/memory-overlay.ts";
import {
  findPath,
  makeDirectories,
  makeNode,
  makeSymlink,
  readFile,
  resolvePath,
  walk,
  writeFile,
} from "../../../workers/kernel/filesystem/paths.ts";
import {
  FILE_PIECE_BYTES,
  MAX_LISTED_ENTRIES,
  MAX_REMOVED_ENTRIES,
  MAX_UPLOADS,
} from "../../../workers/shared/limits.ts";
import { setUp, text, textOf } from "./support.ts";

type Tree = ReturnType<typeof setUp>;

let fs: FileSystem;
let call: Tree["call"];

beforeEach(() => {
  ({ fs, call } = setUp());
});

async function namesIn(path: string): Promise<string[]> {
  return (await call({ op: "list", path, cookie: 0 })).entries.map(({ name }) => name);
}

async function upload(path: string, content: string, replaces: Replaceable = "nothing") {
  const bytes = text(content);
  const begun = await call({ op: "begin", path, size: bytes.length, replaces });
  await call({ op: "write", ...begun, offset: 0, bytes });
  return call({ op: "finish", ...begun });
}

describe("looking", () => {
  test("a listing has names, kinds, sizes, times and where links lead", async () => {
    await writeFile(fs, "/root/file", text("four"), {
      mode: 0o640,
      uid: 1,
      gid: 2,
      mtime: { seconds: 12, nanoseconds: 5e8 },
    });
    makeDirectories(fs, "/root/folder");
    makeSymlink(fs, "/root/there", "/root/folder");
    makeSymlink(fs, "/root/beside", "file");
    makeSymlink(fs, "/root/nowhere", "missing");
    makeNode(fs, "/root/pipe", 0, { mode: 0o010600 });
    const { entries, next, isCached } = await call({ op: "list", path: "/root", cookie: 0 });
    expect(next).toBeUndefined();
    expect(isCached).toBe(false);
    expect(entries).toMatchObject([
      { name: "file", kind: "file", size: 4, mode: 0o640, uid: 1, gid: 2, mtime: 12_500 },
      { name: "folder", kind: "directory", size: 0 },
      { name: "there", kind: "link", target: "/root/folder", leadsTo: "directory" },
      { name: "beside", kind: "link", target: "file", leadsTo: "file" },
      { name: "nowhere", kind: "link", target: "missing" },
      { name: "pipe", kind: "device" },
    ]);
    expect(entries[4]).not.toHaveProperty("leadsTo");
  });

  test("a large directory comes in pieces, each name once, also when it changes between", async () => {
    const count = MAX_LISTED_ENTRIES + 10;
    const name = (i: number) => `file${String(i).padStart(5, "0")}`;
    for (let i = 0; i < count; i++) await writeFile(fs, `/root/${name(i)}`, text(""));
    const first = await call({ op: "list", path: "/root", cookie: 0 });
    expect(first.entries).toHaveLength(MAX_LISTED_ENTRIES);
    await call({ op: "remove", path: `/root/${name(0)}` });
    const second = await call({ op: "list", path: "/root", cookie: first.next ?? 0 });
    expect(second.next).toBeUndefined();
    expect([...first.entries, ...second.entries].map((entry) => entry.name)).toEqual(
      Array.from({ length: count }, (_, i) => name(i)),
    );
  });

  test("stat follows a link at the end only if asked to, and tells what the guest caches", async () => {
    await writeFile(fs, "/etc/motd", text("hi"));
    makeSymlink(fs, "/root/link", "/etc/motd");
    expect(await call({ op: "stat", path: "/root/link", follow: true })).toMatchObject({
      status: { kind: "file", size: 2 },
      isCached: true,
    });
    expect(await call({ op: "stat", path: "/root/link", follow: false })).toMatchObject({
      status: { kind: "link", target: "/etc/motd", leadsTo: "file" },
      isCached: false,
    });
    expect(await call({ op: "stat", path: "/", follow: true })).toMatchObject({ isCached: true });
    expect(await call({ op: "stat", path: "/root", follow: true })).toMatchObject({
      isCached: false,
    });
  });

  test("a file is read in pieces of bounded size, until its end", async () => {
    const content = new Uint8Array(FILE_PIECE_BYTES + 3).map((_, i) => i % 251);
    await writeFile(fs, "/root/large", content);
    const { inode } = resolvedStatus("/root/large");
    const read = async (offset: number) => {
      const length = 2 * FILE_PIECE_BYTES;
      return (await call({ op: "read", path: "/root/large", inode, offset, length })).bytes;
    };
    expect((await read(0)).length).toBe(FILE_PIECE_BYTES);
    expect(await read(FILE_PIECE_BYTES)).toEqual(content.subarray(FILE_PIECE_BYTES));
    expect((await read(content.length)).length).toBe(0);
    expect((await read(content.length + 10)).length).toBe(0);
  });

  test("a file that was replaced while it is read is not read on", async () => {
    await writeFile(fs, "/root/file", text("one"));
    const { inode } = resolvedStatus("/root/file");
    await upload("/root/file", "two", "anything");
    const read = call({ op: "read", path: "/root/file", inode, offset: 0, length: 3 });
    await expect(read).rejects.toMatchObject({
      code: "changed",
      message: "/root/file has changed meanwhile.",
    });
  });
});

describe("writing", () => {
  test("a file is there when it is finished, as root's", async () => {
    const begun = await call({ op: "begin", path: "/root/new", size: 6, replaces: "nothing" });
    await call({ op: "write", ...begun, offset: 3, bytes: text("def") });
    await call({ op: "write", ...begun, offset: 0, bytes: text("abc") });
    expect(await namesIn("/root")).toEqual([]);
    const { status, isCached } = await call({ op: "finish", ...begun });
    expect(status).toMatchObject({ kind: "file", size: 6, mode: 0o644, uid: 0, gid: 0 });
    expect(isCached).toBe(false);
    expect(textOf(await readFile(fs, "/root/new"))).toBe("abcdef");
  });

  test("one that is abandoned leaves nothing, nor what it had written", async () => {
    const before = [...walk(fs)].length;
    const { usage } = fs.overlay;
    const inodes = fs.inodeCount;
    const begun = await call({ op: "begin", path: "/root/new", size: 3, replaces: "nothing" });
    await call({ op: "write", ...begun, offset: 0, bytes: new Uint8Array(300_000) });
    expect(fs.overlay.usage).toBeGreaterThan(usage);
    await call({ op: "abandon", ...begun });
    await call({ op: "abandon", ...begun });
    expect([...walk(fs)].length).toBe(before);
    expect(fs.overlay.usage).toBe(usage);
    expect(fs.inodeCount).toBe(inodes);
    await expect(call({ op: "finish", ...begun })).rejects.toMatchObject({
      code: "invalid-input",
    });
  });

  test("a file that is replaced is whole until then; its owner and permissions stay", async () => {
    await writeFile(fs, "/etc/old", text("old"), { mode: 0o4750, uid: 7, gid: 8 });
    const begun = await call({ op: "begin", path: "/etc/old", size: 3, replaces: "anything" });
    await call({ op: "write", ...begun, offset: 0, bytes: text("new") });
    expect(textOf(await readFile(fs, "/etc/old"))).toBe("old");
    const { status, isCached } = await call({ op: "finish", ...begun });
    expect(status).toMatchObject({ mode: 0o4750, uid: 7, gid: 8 });
    expect(isCached).toBe(true);
    expect(textOf(await readFile(fs, "/etc/old"))).toBe("new");
    expect([...walk(fs, "/etc")]).toHaveLength(2);
  });

  test("permissions that are asked for are those of the file; what is none is refused", async () => {
    await writeFile(fs, "/root/old", text("old"), { mode: 0o600, uid: 7, gid: 8 });
    const finish = async (mode: number) => {
      const begun = await call({ op: "begin", path: "/root/old", size: 0, replaces: "anything" });
      return call({ op: "finish", ...begun, mode });
    };
    expect((await finish(0o4755)).status).toMatchObject({ mode: 0o4755, uid: 7, gid: 8 });
    for (const mode of [0o10000, -1, 0.5, Number.NaN]) {
      await expect(finish(mode), String(mode)).rejects.toMatchObject({ code: "invalid-input" });
    }
    expect(resolvePath(fs, "/root/old").mode & 0o7777).toBe(0o4755);
  });

  test("through a symbolic link what it leads to is written", async () => {
    makeSymlink(fs, "/root/link", "/etc/target");
    expect(await upload("/root/link", "there")).toMatchObject({ isCached: true });
    expect(textOf(await readFile(fs, "/etc/target"))).toBe("there");
    expect(findPath(fs, "/root/link", { follow: false })?.isSymlink).toBe(true);
  });

  test("a version is replaced only by who has seen it", async () => {
    const { status } = await upload("/root/file", "one");
    await fs.write(resolvePath(fs, "/root/file"), "end", text("!"));
    await expect(upload("/root/file", "two", status)).rejects.toMatchObject({ code: "changed" });
    const seen = resolvedStatus("/root/file");
    await upload("/root/file", "two", seen);
    await expect(upload("/root/file", "three", seen)).rejects.toMatchObject({ code: "changed" });
    expect(textOf(await readFile(fs, "/root/file"))).toBe("two");
    await call({ op: "remove", path: "/root/file" });
    const gone = upload("/root/file", "four", seen);
    await expect(gone).rejects.toMatchObject({ code: "changed" });
  });

  test("what comes between the beginning and the end is not overwritten", async () => {
    const begun = await call({ op: "begin", path: "/root/a", size: 0, replaces: "nothing" });
    await writeFile(fs, "/root/a", text("theirs"));
    await expect(call({ op: "finish", ...begun })).rejects.toMatchObject({ code: "exists" });
    await call({ op: "abandon", ...begun });
    expect(textOf(await readFile(fs, "/root/a"))).toBe("theirs");
    makeDirectories(fs, "/root/folder");
    const inside = await call({
      op: "begin",
      path: "/root/folder/b",
      size: 0,
      replaces: "nothing",
    });
    await call({ op: "remove", path: "/root/folder" });
    await expect(call({ op: "finish", ...inside })).rejects.toMatchObject({ code: "not-found" });
  });

  test("there is a bound for what one message and one page may ask for", async () => {
    const begin = () => call({ op: "begin", path: "/root/a", size: 0, replaces: "nothing" });
    const begun = await begin();
    const bytes = new Uint8Array(FILE_PIECE_BYTES + 1);
    const tooMuch = call({ op: "write", ...begun, offset: 0, bytes });
    await expect(tooMuch).rejects.toMatchObject({ code: "invalid-input" });
    for (let i = 1; i < MAX_UPLOADS; i++) await begin();
    await expect(begin()).rejects.toMatchObject({ code: "busy" });
    await call({ op: "abandon", ...begun });
    await begin();
  });

  test("where there is no room nothing is begun, and what was begun is not named", async () => {
    ({ fs, call } = setUp(new FileSystem({ overlay: new MemoryOverlay(2 * FILE_PIECE_BYTES) })));
    const size = 3 * FILE_PIECE_BYTES;
    const full = { code: "full", message: "/root/a does not fit: there is no room left." };
    const large = call({ op: "begin", path: "/root/a", size, replaces: "nothing" });
    await expect(large).rejects.toMatchObject(full);
    const begun = await call({ op: "begin", path: "/root/a", size: 0, replaces: "nothing" });
    const bytes = () => new Uint8Array(FILE_PIECE_BYTES);
    await call({ op: "write", ...begun, offset: 0, bytes: bytes() });
    await call({ op: "write", ...begun, offset: FILE_PIECE_BYTES, bytes: bytes() });
    const third = { op: "write" as const, ...begun, offset: 2 * FILE_PIECE_BYTES, bytes: bytes() };
    await expect(call(third)).rejects.toMatchObject(full);
    expect(await namesIn("/root")).toEqual([]);
  });
});

describe("names", () => {
  test("a directory is made, once", async () => {
    expect(await call({ op: "mkdir", path: "/root/new" })).toEqual({ isCached: false });
    expect(await call({ op: "mkdir", path: "/new" })).toEqual({ isCached: true });
    expect(resolvePath(fs, "/root/new").mode & 0o777).toBe(0o755);
    await expect(call({ op: "mkdir", path: "/root/new" })).rejects.toMatchObject({
      code: "exists",
      message: "/root/new exists already.",
      hint: "Choose another name, or replace it.",
    });
  });

  test("a rename replaces only what it may", async () => {
    await writeFile(fs, "/root/a", text("a"));
    await writeFile(fs, "/root/b", text("b"));
    const rename = (path: string, to: string, replaces: "nothing" | "anything") =>
      call({ op: "rename", path, to, replaces });
    await expect(rename("/root/a", "/root/b", "nothing")).rejects.toMatchObject({
      code: "exists",
      message: "/root/b exists already.",
    });
    expect(await rename("/root/a", "/root/b", "anything")).toEqual({ isCached: false });
    expect(textOf(await readFile(fs, "/root/b"))).toBe("a");
    expect(await rename("/root/b", "/etc/c", "nothing")).toEqual({ isCached: true });
    expect(await rename("/etc/c", "/etc/c", "nothing")).toEqual({ isCached: true });
    expect(await namesIn("/etc")).toEqual(["c"]);
  });

  test("a tree is removed with all that is in it; links in it are not followed", async () => {
    await writeFile(fs, "/etc/kept", text("kept"));
    await writeFile(fs, "/root/a/b/c", text("c"));
    makeSymlink(fs, "/root/a/link", "/etc");
    const answer = await call({ op: "remove", path: "/root/a" });
    expect(answer).toEqual({ removed: 4, isDone: true, isCached: false });
    expect(await namesIn("/root")).toEqual([]);
    expect(await namesIn("/etc")).toEqual(["kept"]);
  });

  test("a large tree is removed in pieces", async () => {
    const count = MAX_REMOVED_ENTRIES + 5;
    for (let i = 0; i < count; i++) await writeFile(fs, `/root/many/${i}`, text(""));
    expect(await call({ op: "remove", path: "/root/many" })).toMatchObject({
      removed: MAX_REMOVED_ENTRIES,
      isDone: false,
    });
    expect(await call({ op: "remove", path: "/root/many" })).toMatchObject({
      removed: 6,
      isDone: true,
    });
  });

  test("a tree deeper than any path or stack is removed", async () => {
    const owner = { mode: 0o755, uid: 0, gid: 0 };
    let folder = resolvePath(fs, "/root");
    for (let i = 0; i < 20_000; i++) folder = fs.mkdir(folder, "down", owner);
    let total = 0;
    for (let isDone = false; !isDone; ) {
      const answer = await call({ op: "remove", path: "/root/down" });
      total += answer.removed;
      isDone = answer.isDone;
    }
    expect(total).toBe(20_000);
  });

  test("the folders that the guest binds stay where they are", async () => {
    const needed = {
      code: "invalid-input",
      message: "/root is a folder that the machine needs where it is.",
    };
    await expect(call({ op: "remove", path: "/root" })).rejects.toMatchObject(needed);
    const away = call({ op: "rename", path: "/root", to: "/other", replaces: "nothing" });
    await expect(away).rejects.toMatchObject(needed);
    await call({ op: "mkdir", path: "/other" });
    const over = call({ op: "rename", path: "/other", to: "/root", replaces: "anything" });
    await expect(over).rejects.toMatchObject({ code: "invalid-input" });
  });

  test("names that are not UTF-8, and odd ones that are, survive", async () => {
    const owner = { mode: 0o644, uid: 0, gid: 0 };
    const raw = "caf\u00e9\u00ff";
    fs.create(resolvePath(fs, "/root"), raw, owner);
    const [name = ""] = await namesIn("/root");
    expect(name).toBe("caf\udce9\udcff");
    const odd = ["-rf *", "new\nline", '"quoted"', "émoji 🐧", " ", "a".repeat(255)];
    for (const other of odd) await upload(`/root/${other}`, other);
    expect(await namesIn("/root")).toEqual([name, ...odd]);
    await call({ op: "rename", path: `/root/${name}`, to: `/root/${name}2`, replaces: "nothing" });
    expect(resolvePath(fs, "/root").directory?.get(`${raw}2`)).toBeDefined();
    for (const other of [...odd, `${name}2`]) await call({ op: "remove", path: `/root/${other}` });
    expect(await namesIn("/root")).toEqual([]);
  });
});

describe("refusals", () => {
  beforeEach(async () => {
    await writeFile(fs, "/root/file", text("x"));
    await writeFile(fs, "/root/full/inside", text("x"));
    makeDirectories(fs, "/root/folder");
    makeSymlink(fs, "/root/loop", "loop");
    makeNode(fs, "/root/pipe", 0, { mode: 0o010600 });
  });

  const nothing = { replaces: "nothing" } as const;
  const anything = { replaces: "anything" } as const;
  const refused: [FileCall, string, string][] = [
    [{ op: "list", path: "/none", cookie: 0 }, "not-found", "/none is not there."],
    [{ op: "list", path: "/root/file", cookie: 0 }, "invalid-input", "is not a folder"],
    [{ op: "list", path: "/root/loop", cookie: 0 }, "invalid-input", "leads nowhere"],
    [{ op: "list", path: "root", cookie: 0 }, "invalid-input", "is not possible"],
    [{ op: "list", path: "/root", cookie: -1 }, "invalid-input", "is not possible"],
    [{ op: "stat", path: "/a\0b", follow: true }, "invalid-input", "is not possible"],
    [{ op: "stat", path: "/root/file/x", follow: true }, "invalid-input", "is not a folder"],
    [{ op: "stat", path: `/${"a/".repeat(3000)}`, follow: true }, "invalid-input", "is too long"],
    [read("/root/folder"), "invalid-input", "is a folder, not a file"],
    [read("/root/pipe"), "invalid-input", "is a device"],
    [read("/none"), "not-found", "is not there"],
    [{ op: "begin", path: "/root/file", size: 0, ...nothing }, "exists", "exists already"],
    [{ op: "begin", path: "/root/folder", size: 0, ...anything }, "invalid-input", "is a folder"],
    [{ op: "begin", path: "/root/new/", size: 0, ...anything }, "invalid-input", "is a folder"],
    [{ op: "begin", path: "/root/pipe", size: 0, ...anything }, "invalid-input", "is a device"],
    [{ op: "begin", path: "/none/a", size: 0, ...nothing }, "not-found", "is not there"],
    [{ op: "begin", path: "/root/a", size: -1, ...nothing }, "invalid-input", "is not possible"],
    [{ op: "mkdir", path: "/none/a" }, "not-found", "is not there"],
    [{ op: "mkdir", path: `/root/${"a".repeat(256)}` }, "invalid-input", "is too long"],
    [{ op: "mkdir", path: "/root/.." }, "invalid-input", "is not possible"],
    [{ op: "rename", path: "/none", to: "/a", ...nothing }, "not-found", "is not there"],
    [
      { op: "rename", path: "/root/folder", to: "/root/folder/a", ...nothing },
      "invalid-input",
      "a folder inside itself",
    ],
    [
      { op: "rename", path: "/root/folder", to: "/root/full", ...anything },
      "exists",
      "is a folder that is not empty",
    ],
    [
      { op: "rename", path: "/root/file", to: "/root/folder", ...anything },
      "invalid-input",
      "is a folder",
    ],
    [{ op: "remove", path: "/none" }, "not-found", "is not there"],
    [{ op: "remove", path: "/" }, "invalid-input", "is not possible"],
    [{ op: "write", upload: 99, offset: 0, bytes: text("x") }, "invalid-input", "The file"],
  ];

  test.each(refused)("%j", async (refusedCall, code, message) => {
    const before = [...walk(fs)].map(({ path }) => path);
    await expect(call(refusedCall)).rejects.toMatchObject({
      name: "TabnixError",
      code,
      message: expect.stringContaining(message),
    });
    expect([...walk(fs)].map(({ path }) => path)).toEqual(before);
  });
});

function resolvedStatus(path: string) {
  const { number, version } = resolvePath(fs, path);
  return { inode: number, version };
}

function read(path: string): FileCall {
  return { op: "read", path, inode: 1, offset: 0, length: 1 };
}
