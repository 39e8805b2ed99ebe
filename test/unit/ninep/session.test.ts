/** The conversation itself: versions, fids, flushing, waiting, directories, locks, attributes. */
import { expect, test } from "vitest";
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import { MemoryOverlay } from "../../../workers/kernel/filesystem/memory-overlay.ts";
import {
  makeDirectories,
  resolvePath,
  writeFile,
} from "../../../workers/kernel/filesystem/paths.ts";
import { open, request, setattr } from "../../../workers/kernel/ninep/protocol.ts";
import { NINEP_MAX_MESSAGE_BYTES } from "../../../workers/shared/limits.ts";
import { MESSAGE_BYTES, message, NinepClient } from "./client.ts";
import { ask, connect, sessionOn, text, textOf, version, withBase } from "./session-support.ts";

test("agrees on the smaller message size, and on this protocol only", () => {
  const session = sessionOn(new FileSystem());
  const agreed = (reply: Uint8Array) => [...reply.subarray(7)];
  const expected = message(request.version + 1, 0xffff, (w) => {
    w.u32(NINEP_MAX_MESSAGE_BYTES);
    w.string16("9P2000.L");
  });
  expect(ask(session, version(2 ** 31, "9P2000.L"))).toEqual(expected);
  const unknown = message(0, 0, (w) => {
    w.u32(8192);
    w.string16("unknown");
  });
  expect(agreed(ask(session, version(8192, "9P2000.u")))).toEqual(agreed(unknown));
});

test("refuses everything before a version is agreed, and messages larger than agreed", async () => {
  const session = sessionOn(new FileSystem());
  const client = new NinepClient(session);
  await expect(client.getattr(0)).rejects.toThrow("EPROTO");
  await client.attach();
  const large = new Uint8Array(MESSAGE_BYTES);
  await expect(client.write(0, 0, large)).rejects.toThrow("EMSGSIZE");
});

test("a new version forgets all fids", async () => {
  const { client } = await connect();
  ask(client.session, version(MESSAGE_BYTES, "9P2000.L"));
  await expect(client.getattr(0)).rejects.toThrow("EBADF");
});

test("refuses authentication and what it does not know", async () => {
  const { client } = await connect();
  await expect(client.call(request.auth, () => {})).rejects.toThrow("EOPNOTSUPP");
  await expect(client.call(126, () => {})).rejects.toThrow("EOPNOTSUPP");
});

test("what a user makes is theirs", async () => {
  const { client, fs } = await connect(new FileSystem(), 1000);
  await client.step(0, 1, []);
  await client.create(1, "file", open.readWrite, 0o640, 1001);
  expect(await client.getattr(1)).toMatchObject({ mode: 0o100640, uid: 1000, gid: 1001, nlink: 1 });
  const second = await new NinepClient(sessionOn(fs)).attach(5);
  await second.call(request.mkdir, (w) => {
    w.u32(0);
    w.string16("directory");
    w.u32(0o755);
    w.u32(6);
  });
  const made = resolvePath(fs, "/directory");
  expect([made.uid, made.gid]).toEqual([5, 6]);
});

test("a walk that fails part of the way says how far it came, and makes no fid", async () => {
  const { client, fs } = await connect();
  makeDirectories(fs, "/a/b");
  expect(await client.step(0, 1, ["a", "b", "missing", "c"])).toBe(2);
  await expect(client.getattr(1)).rejects.toThrow("EBADF");
  await expect(client.step(0, 1, ["missing"])).rejects.toThrow("ENOENT");
  expect(await client.step(0, 1, ["a", "b", "..", "..", ".."])).toBe(5);
  expect((await client.getattr(1)).number).toBe(1);
  await expect(client.step(0, 1, ["a"])).rejects.toThrow("EINVAL");
  const tooMany = Array.from({ length: 17 }, () => "..");
  await expect(client.step(0, 2, tooMany)).rejects.toThrow("EINVAL");
});

test("fids are open or not, for reading or for writing", async () => {
  const { client, fs } = await connect();
  await writeFile(fs, "/file", text("0123456789"));
  await client.step(0, 1, ["file"]);
  await expect(client.read(1, 0, 10)).rejects.toThrow("EBADF");
  await client.open(1, open.readOnly);
  await expect(client.open(1, open.readOnly)).rejects.toThrow("EINVAL");
  await expect(client.write(1, 0, text("x"))).rejects.toThrow("EBADF");
  expect(textOf(await client.read(1, 3, 4))).toBe("3456");
  expect(textOf(await client.read(1, 8, 100))).toBe("89");
  expect(textOf(await client.read(1, 2 ** 52, 100))).toBe("");
  await client.clunk(1);
  await expect(client.clunk(1)).rejects.toThrow("EBADF");
});

test("O_APPEND ignores the offset, whoever else writes", async () => {
  const { client, fs } = await connect();
  await writeFile(fs, "/log", text("one\n"));
  await client.step(0, 1, ["log"]);
  await client.open(1, open.writeOnly | open.append);
  await client.step(0, 2, ["log"]);
  await client.open(2, open.readWrite);
  await client.write(1, 0, text("two\n"));
  await client.write(2, 8, text("three\n"));
  await client.write(1, 0, text("four\n"));
  expect(textOf(await client.read(2, 0, 100))).toBe("one\ntwo\nthree\nfour\n");
});

test("a file without a name lives until its last fid is gone", async () => {
  const { client, fs } = await connect();
  await writeFile(fs, "/file", text("still here"));
  const inode = resolvePath(fs, "/file");
  await client.step(0, 1, ["file"]);
  await client.open(1, open.readWrite);
  fs.unlink(fs.root, "file");
  expect(await client.getattr(1)).toMatchObject({ nlink: 0, size: 10 });
  expect(textOf(await client.read(1, 0, 100))).toBe("still here");
  await client.clunk(1);
  expect(fs.inode(inode.number)).toBeUndefined();
  expect(fs.overlay.usage).toBe(0);
});

test("Tremove and Trename follow the fid", async () => {
  const { client, fs } = await connect();
  await writeFile(fs, "/old", text("x"));
  makeDirectories(fs, "/d");
  await client.step(0, 1, ["old"]);
  await client.step(0, 2, ["d"]);
  await client.call(request.rename, (w) => {
    w.u32(1);
    w.u32(2);
    w.string16("new");
  });
  expect(resolvePath(fs, "/d/new").size).toBe(1);
  await client.call(request.remove, (w) => w.u32(1));
  await expect(client.getattr(1)).rejects.toThrow("EBADF");
  await expect(client.call(request.remove, (w) => w.u32(0))).rejects.toThrow("EBUSY");
});

test("a reader of a directory sees each lasting entry once, whatever happens meanwhile", async () => {
  const { client, fs } = await connect();
  const directory = makeDirectories(fs, "/d");
  const owner = { mode: 0o644, uid: 0, gid: 0 };
  for (let i = 0; i < 300; i++) fs.create(directory, `lasting-${i}`, owner);
  for (let i = 0; i < 300; i++) fs.create(directory, `passing-${i}`, owner);
  await client.step(0, 1, ["d"]);
  await client.open(1, open.readOnly | open.directory);
  const seen: string[] = [];
  let cookie = 0;
  for (let round = 0; ; round++) {
    const entries = await client.readdir(1, cookie, 400);
    if (entries.length === 0) break;
    seen.push(...entries.map(({ name }) => name));
    cookie = entries.at(-1)?.cookie ?? cookie;
    for (const name of [`passing-${round}`, `passing-${299 - round}`]) {
      if (fs.find(directory, name)) fs.unlink(directory, name);
    }
    if (round < 50) fs.rename(directory, `lasting-${round}`, directory, `moved-${round}`);
    if (round < 50) fs.create(directory, `lasting-${round}`, owner);
  }
  const lasting = seen.filter((name) => name.startsWith("lasting-"));
  const expected = Array.from({ length: 250 }, (_, i) => `lasting-${i + 50}`);
  for (const name of expected) expect(lasting.filter((each) => each === name)).toEqual([name]);
  expect(seen.slice(0, 2)).toEqual([".", ".."]);
  await expect(client.readdir(1, 0, 20)).rejects.toThrow("EINVAL");
});

test("a directory of 100,000 entries is read in linear time", async () => {
  const { client, fs } = await connect();
  const directory = makeDirectories(fs, "/d");
  for (let i = 0; i < 100_000; i++) {
    fs.create(directory, `entry-${i}`, { mode: 0o644, uid: 0, gid: 0 });
  }
  await client.step(0, 1, ["d"]);
  await client.open(1, open.readOnly | open.directory);
  const names = (await client.list(1, 4096)).map(({ name }) => name);
  expect(names).toEqual([".", "..", ...Array.from({ length: 100_000 }, (_, i) => `entry-${i}`)]);
});

test("a full overlay is ENOSPC, and the file stays as it was", async () => {
  const { fs } = await withBase(1, { overlayBytes: 70_000 });
  const { client } = await connect(fs);
  const fid = await client.walk("0");
  await client.open(fid, open.readWrite);
  await client.write(fid, 12, new Uint8Array(50_000).fill(1));
  const before = await client.getattr(fid);
  await expect(client.write(fid, 65_000, new Uint8Array(50_000))).rejects.toThrow("ENOSPC");
  expect(await client.getattr(fid)).toEqual(before);
  await expect(client.write(fid, 2 ** 44, text("x"))).rejects.toThrow("EFBIG");
  await client.setattr(fid, setattr.size, { size: 0 });
  expect(fs.overlay.usage).toBe(0);
});

test("locks of different processes exclude each other, across mounts, until clunk", async () => {
  const fs = new FileSystem();
  await writeFile(fs, "/file", text("x"));
  const first = await new NinepClient(sessionOn(fs)).attach();
  const second = await new NinepClient(sessionOn(fs)).attach();
  const [a, b] = [await first.walk("file"), await second.walk("file")];
  const [shared, exclusive, unlock, granted, blocked] = [0, 1, 2, 0, 1];
  expect(await first.lock(a, exclusive, [0, 100], 1)).toBe(granted);
  expect(await second.lock(b, exclusive, [50, 10], 2)).toBe(blocked);
  expect(await second.lock(b, exclusive, [100, 0], 2)).toBe(granted);
  expect(await first.lock(a, unlock, [40, 20], 1)).toBe(granted);
  expect(await second.lock(b, shared, [40, 20], 2)).toBe(granted);
  expect(await first.lock(a, shared, [40, 20], 1)).toBe(granted);
  expect(await first.lock(a, exclusive, [40, 20], 1)).toBe(blocked);
  const conflict = await second.call(request.getlock, (w) => {
    w.u32(b);
    w.u8(exclusive);
    w.u64(70);
    w.u64(0);
    w.u32(2);
    w.string16("guest");
  });
  const held = [conflict.u8(), conflict.u64(), conflict.u64(), conflict.u32(), conflict.string16()];
  expect(held).toEqual([exclusive, 60, 40, 1, "guest"]);
  await first.clunk(a);
  expect(await second.lock(b, exclusive, [0, 0], 2)).toBe(granted);
});

test("extended attributes are set at clunk, read, listed and removed", async () => {
  const { client, fs } = await connect();
  await writeFile(fs, "/file", text("x"));
  const set = async (name: string, value: string, flags = 0) => {
    const fid = await client.walk("file");
    await client.xattrcreate(fid, name, value.length, flags);
    if (value !== "") await client.write(fid, 0, text(value));
    await client.clunk(fid);
  };
  const get = async (name: string) => {
    const fid = await client.walk("file");
    const size = await client
      .xattrwalk(fid, client.newFid(), name)
      .finally(() => client.clunk(fid));
    return textOf(await client.read(fid + 1, 0, size));
  };
  await set("user.colour", "blue");
  await set("user.empty", "");
  expect(await get("user.colour")).toBe("blue");
  expect(await get("")).toBe("user.colour\0user.empty\0");
  await expect(set("user.colour", "red", 1)).rejects.toThrow("EEXIST");
  await expect(set("user.other", "red", 2)).rejects.toThrow("ENODATA");
  await expect(set("system.posix_acl_access", "x")).rejects.toThrow("EOPNOTSUPP");
  await expect(set(`user.${"x".repeat(255)}`, "x")).rejects.toThrow("ERANGE");
  await expect(set("user.large", "x".repeat(65_537))).rejects.toThrow("E2BIG");
  await set("user.colour", "", 2);
  await expect(get("user.colour")).rejects.toThrow("ENODATA");
  expect(await get("")).toBe("user.empty\0");
  const fid = await client.walk("file");
  await client.xattrcreate(fid, "user.short", 5, 0);
  await client.write(fid, 0, text("abc"));
  await expect(client.write(fid, 3, text("toolong"))).rejects.toThrow("EINVAL");
  await expect(client.clunk(fid)).rejects.toThrow("EINVAL");
  await expect(client.clunk(fid)).rejects.toThrow("EBADF");
});

test("nodes, device numbers and names that are not UTF-8 survive", async () => {
  const { client } = await connect();
  await client.call(request.mknod, (w) => {
    w.u32(0);
    w.string16("\xff\xfe");
    w.u32(0o020666);
    w.u32(259);
    w.u32(300);
    w.u32(0);
  });
  const fid = await client.walk("\xff\xfe");
  expect(await client.getattr(fid)).toMatchObject({ mode: 0o020666, rdev: 0x11032c });
  await expect(client.open(fid, open.readOnly)).rejects.toThrow("ENXIO");
  const root = await client.walk("");
  await client.open(root, open.readOnly);
  expect((await client.list(root)).map(({ name }) => name)).toEqual([".", "..", "\xff\xfe"]);
});

test("statfs tells what is free", async () => {
  const overlay = new MemoryOverlay(4096 * 100);
  const { client } = await connect(new FileSystem({ overlay }));
  const reader = await client.call(request.statfs, (w) => w.u32(0));
  expect([reader.u32(), reader.u32()]).toEqual([0x01021997, 4096]);
  expect([reader.u64(), reader.u64(), reader.u64()]).toEqual([100, 100, 100]);
  reader.take(24);
  expect(reader.u32()).toBe(255);
});

test("fsync is answered when the overlay is durable", async () => {
  const { client } = await connect();
  expect((await client.call(request.fsync, (w) => w.u32(0))).remaining).toBe(0);
});
