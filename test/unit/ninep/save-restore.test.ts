/** What a snapshot keeps: a client goes on as if nothing had happened. */
import { expect, test } from "vitest";
import { decodeTreeIndex } from "../../../images/format/tree-index.ts";
import { exportTree } from "../../../workers/kernel/filesystem/export.ts";
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import { saveOverlay } from "../../../workers/kernel/filesystem/overlay-image.ts";
import { restoreOverlay } from "../../../workers/kernel/filesystem/overlay-restore.ts";
import {
  findPath,
  makeDirectories,
  readFile,
  remove,
  resolvePath,
  walk,
  writeFile,
} from "../../../workers/kernel/filesystem/paths.ts";
import { timestampOf } from "../../../workers/kernel/filesystem/time.ts";
import { open } from "../../../workers/kernel/ninep/protocol.ts";
import { NinepServer } from "../../../workers/kernel/ninep/server.ts";
import { MemoryStore } from "../store/memory-store.ts";
import { NinepClient } from "./client.ts";

const text = (value: string) => new TextEncoder().encode(value);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

async function image() {
  // Images are older than what visitors do.
  const made = new FileSystem({ clock: () => timestampOf(0) });
  await writeFile(made, "/etc/motd", text("hello"));
  await writeFile(made, "/etc/unchanged", text("as it was"));
  await writeFile(made, "/etc/moved", text("moved"));
  makeDirectories(made, "/gone/deep");
  const store = new MemoryStore();
  const { index } = await exportTree(made, { put: (bytes) => store.put(bytes) });
  return () => {
    const base = decodeTreeIndex(index);
    const fs = new FileSystem({ index: base, store });
    const server = new NinepServer(fs);
    const system = new NinepClient(server.session({ qidVersion: "changing" }));
    const live = new NinepClient(server.session({ qidVersion: "zero" }));
    return { base, fs, server, system, live };
  };
}

test("tree, numbers, fids, orphans, locks and cursors come back", async () => {
  const start = await image();
  const before = start();
  await before.system.attach(1000);
  await before.live.attach();
  const { fs } = before;

  await writeFile(fs, "/etc/motd", text("changed"));
  fs.setAttributes(resolvePath(fs, "/etc/unchanged"), { mode: 0o600 });
  fs.rename(resolvePath(fs, "/etc"), "moved", fs.root, "here");
  remove(fs, "/gone");
  await writeFile(fs, "/home/sparse", text("start"));
  await fs.write(resolvePath(fs, "/home/sparse"), 5_000_000, text("end"));
  await writeFile(fs, "/home/orphan", text("orphan"));
  const directory = makeDirectories(fs, "/home/many");
  for (let i = 0; i < 100; i++) {
    fs.create(directory, `entry-${i}`, { mode: 0o644, uid: 0, gid: 0 });
  }
  for (let i = 0; i < 100; i += 3) fs.unlink(directory, `entry-${i}`);

  await before.system.step(0, 1, ["home", "orphan"]);
  await before.system.open(1, open.readWrite | open.append);
  fs.unlink(resolvePath(fs, "/home"), "orphan");
  await before.live.step(0, 2, ["home", "many"]);
  await before.live.open(2, open.readOnly | open.directory);
  const first = await before.live.readdir(2, 0, 1000);
  await before.live.step(0, 3, ["etc", "motd"]);
  await before.live.lock(3, 1, [0, 0], 42);
  await before.system.step(0, 4, ["etc", "motd"]);
  await before.server.drain();
  const state = before.server.save();
  const paths = [...walk(fs)].map(({ path, inode }) => `${inode.number} ${path}`);
  const orphan = await before.system.getattr(1);
  const rest = await before.live.readdir(2, first.at(-1)?.cookie ?? 0, 10_000);

  const after = start();
  after.server.restore(state);
  expect(after.server.save()).toEqual(state);
  expect([...walk(after.fs)].map(({ path, inode }) => `${inode.number} ${path}`)).toEqual(paths);
  expect(textOf(await readFile(after.fs, "/etc/motd"))).toBe("changed");
  expect(textOf(await readFile(after.fs, "/etc/unchanged"))).toBe("as it was");
  expect(resolvePath(after.fs, "/etc/unchanged").mode).toBe(0o100600);
  expect(textOf(await readFile(after.fs, "/here"))).toBe("moved");
  expect(findPath(after.fs, "/gone")).toBeUndefined();
  const sparse = await readFile(after.fs, "/home/sparse");
  expect(Buffer.compare(sparse, await readFile(fs, "/home/sparse"))).toBe(0);
  expect(after.fs.overlay.usage).toBeLessThan(1_000_000);

  expect(await after.system.getattr(1)).toEqual(orphan);
  await after.system.write(1, 0, text(" lives"));
  expect(textOf(await after.system.read(1, 0, 100))).toBe("orphan lives");
  expect(await after.live.readdir(2, first.at(-1)?.cookie ?? 0, 10_000)).toEqual(rest);
  expect(await after.system.lock(4, 1, [0, 1], 7)).toBe(1);
  await after.live.clunk(3);
  expect(await after.system.lock(4, 1, [0, 1], 7)).toBe(0);

  const number = (await after.system.getattr(1)).number;
  await after.system.clunk(1);
  expect(after.fs.inode(number)).toBeUndefined();
  await after.system.step(0, 9, []);
  await after.system.create(9, "new", open.readWrite, 0o644);
  expect(await after.system.getattr(9)).toMatchObject({ number: fs.nextInodeNumber, uid: 1000 });
});

test("a state from another base is refused", async () => {
  const start = await image();
  const state = start().server.save();
  const other = new NinepServer(new FileSystem());
  other.session({ qidVersion: "changing" });
  other.session({ qidVersion: "zero" });
  expect(() => other.restore(state)).toThrow(
    expect.objectContaining({ code: "wrong-version" }) as Error,
  );
});

test.each<[string, (fs: FileSystem) => unknown, boolean]>([
  ["nothing", () => {}, true],
  ["other files", (fs) => writeFile(fs, "/etc/unchanged", text("changed")), true],
  ["new names beside what is held", (fs) => writeFile(fs, "/etc/new", text("new")), true],
  ["the content of what is held", (fs) => writeFile(fs, "/etc/motd", text("changed")), false],
  [
    "its attributes",
    (fs) => fs.setAttributes(resolvePath(fs, "/etc/motd"), { mode: 0o600 }),
    false,
  ],
  [
    "attributes of the way to it",
    (fs) => fs.setAttributes(resolvePath(fs, "/etc"), { mode: 0o700 }),
    false,
  ],
  ["its name", (fs) => fs.rename(resolvePath(fs, "/etc"), "motd", fs.root, "motd"), false],
  ["the name of the way to it", (fs) => fs.rename(fs.root, "etc", fs.root, "moved"), false],
  ["that it is there", (fs) => remove(fs, "/etc/motd"), false],
])("on a tree in which %s has changed a client goes on or not", async (_, change, goesOn) => {
  const start = await image();
  const before = start();
  await before.system.attach();
  await before.live.attach();
  await writeFile(before.fs, "/etc/made", text("made"));
  await before.system.step(0, 1, ["etc"]);
  await before.system.step(1, 2, ["motd"]);
  await before.system.open(2, open.readOnly);
  await before.system.step(0, 3, ["etc", "made"]);
  const now = start();
  restoreOverlay(now.fs, saveOverlay(before.fs));
  await change(now.fs);
  expect(now.server.resume(before.server.save(), now.base)).toBe(goesOn);
  if (goesOn) expect(textOf(await now.system.read(2, 0, 100))).toBe("hello");
  else await expect(now.system.getattr(0)).rejects.toThrow("EPROTO");
});

test("an orphaned directory whose parent is gone too is kept", async () => {
  const start = await image();
  const before = start();
  await before.system.attach();
  await before.live.attach();
  await before.system.step(0, 1, ["gone", "deep"]);
  remove(before.fs, "/gone");
  const after = start();
  after.server.restore(before.server.save());
  expect(await after.system.getattr(1)).toMatchObject({ nlink: 0 });
  expect(await after.system.step(1, 2, [".."])).toBe(1);
});
