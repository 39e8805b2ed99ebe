/** What a visitor has changed is there on the next version of the image. */
import { expect, test } from "vitest";
import { decodeTreeIndex } from "../../../images/format/tree-index.ts";
import type { OpenDisk } from "../../../workers/kernel/disk/open-disk.ts";
import { loadIndex, saveIndex } from "../../../workers/kernel/disk/saved-index.ts";
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import {
  findPath,
  linkPath,
  makeDirectories,
  makeSymlink,
  readInode,
  remove,
  resolvePath,
  writeFile,
} from "../../../workers/kernel/filesystem/paths.ts";
import { setXattr } from "../../../workers/kernel/filesystem/xattrs.ts";
import { rebaseDisk } from "../../../workers/kernel/rebase/rebase-disk.ts";
import { TabnixError } from "../../../workers/shared/errors.ts";
import { MemoryFolder } from "../disk/memory-folder.ts";
import { start } from "../disk/support.ts";
import { diskOn, listing, rebased, summary, text, versionOf } from "./support.ts";

async function oldImage(): Promise<FileSystem> {
  const fs = new FileSystem();
  await writeFile(fs, "/etc/hostname", text("old"));
  await writeFile(fs, "/etc/motd", text("old"));
  await writeFile(fs, "/etc/gone", text("old"));
  await writeFile(fs, "/etc/deleted", text("old"));
  await writeFile(fs, "/usr/bin/tool", text("tool 1"), { mode: 0o755 });
  linkPath(fs, "/usr/bin/tool", "/usr/bin/alias");
  await writeFile(fs, "/usr/share/doc/a", text("a"));
  await writeFile(fs, "/usr/share/old/b", text("b"));
  await writeFile(fs, "/opt/old/x", text("x"));
  makeSymlink(fs, "/bin", "usr/bin");
  return fs;
}

async function newImage(): Promise<FileSystem> {
  const fs = new FileSystem();
  // Other numbers for everything.
  await writeFile(fs, "/added/first", text("new"));
  await writeFile(fs, "/etc/hostname", text("new"));
  await writeFile(fs, "/etc/motd", text("new"));
  await writeFile(fs, "/etc/deleted", text("new"));
  await writeFile(fs, "/usr/bin/tool", text("tool 2"), { mode: 0o755 });
  linkPath(fs, "/usr/bin/tool", "/usr/bin/alias");
  await writeFile(fs, "/usr/share/doc/a", text("a"));
  await writeFile(fs, "/home/user/mine", text("new"));
  makeSymlink(fs, "/bin", "usr/bin");
  return fs;
}

test("what was changed is as the visitor had it, everything else as the new image has it", async () => {
  const old = await versionOf(await oldImage());
  const folder = new MemoryFolder();
  const { fs, disk } = await diskOn(folder, old);
  await writeFile(fs, "/etc/hostname", text("mine"));
  remove(fs, "/etc/deleted");
  remove(fs, "/opt/old/x");
  makeDirectories(fs, "/home/user", { uid: 1000, gid: 1000 });
  await writeFile(fs, "/home/user/mine", text("mine"), { mode: 0o600, uid: 1000 });
  linkPath(fs, "/home/user/mine", "/home/user/also");
  linkPath(fs, "/usr/bin/tool", "/home/user/tool");
  makeSymlink(fs, "/home/user/link", "mine");
  fs.setAttributes(resolvePath(fs, "/etc/motd"), { mode: 0o600 });
  setXattr(fs, resolvePath(fs, "/usr/bin/tool"), "user.mark", text("x"));
  await writeFile(fs, "/usr/share/old/c", text("beside b"));
  fs.rename(resolvePath(fs, "/usr/share/doc"), "a", resolvePath(fs, "/home/user"), "moved");
  const sparse = fs.create(fs.root, "sparse", { mode: 0o644, uid: 0, gid: 0 });
  await fs.write(sparse, 100_000, text("behind a hole"));
  await fs.truncate(sparse, 3_000_000);
  await fs.sync();
  disk.close();

  const { fs: now, missing } = await rebased(folder, await versionOf(await newImage(), old.store));
  expect(missing).toEqual([]);
  const { size } = resolvePath(now, "/sparse");
  expect(size).toBe(3_000_000);
  const hole = new Uint8Array(13);
  await now.read(resolvePath(now, "/sparse"), 100_000, hole);
  expect(Buffer.from(hole).toString()).toBe("behind a hole");
  remove(now, "/sparse");
  expect(await summary(now)).toEqual([
    "/added/first new",
    "/bin -> usr/bin",
    "/etc/hostname mine",
    "/etc/motd new",
    "/home/user/also mine",
    "/home/user/link -> mine",
    "/home/user/mine mine",
    "/home/user/moved a",
    "/home/user/tool tool 2",
    "/usr/bin/alias tool 2",
    "/usr/bin/tool tool 2",
    "/usr/share/old/c beside b",
  ]);
  // What is in no version any more does not come back because something in it was deleted.
  expect(findPath(now, "/opt")).toBeUndefined();
  const at = (path: string) => resolvePath(now, path);
  expect(at("/etc/motd").mode & 0o777).toBe(0o600);
  expect(at("/home/user/also")).toBe(at("/home/user/mine"));
  expect(at("/home/user/mine")).toMatchObject({ nlink: 2, uid: 1000, mode: 0o100600 });
  expect(at("/home/user").uid).toBe(1000);
  expect(at("/usr/bin/tool")).toMatchObject({ nlink: 3 });
  expect(at("/usr/bin/tool").xattrs?.get("user.mark")).toEqual(text("x"));
});

test("a file that is empty in the image keeps what the visitor has put into it", async () => {
  const made = new FileSystem();
  const names = ["filled", "longer", "emptied", "untouched"];
  for (const name of names) await writeFile(made, `/${name}`, text(""));
  const old = await versionOf(made);
  const folder = new MemoryFolder();
  const { fs, disk } = await diskOn(folder, old);
  await writeFile(fs, "/filled", text("mine"));
  await fs.truncate(resolvePath(fs, "/longer"), 3);
  await writeFile(fs, "/emptied", text("mine"));
  await fs.truncate(resolvePath(fs, "/emptied"), 0);
  await fs.sync();
  disk.close();

  const next = new FileSystem();
  for (const name of ["first", ...names]) await writeFile(next, `/${name}`, text("new"));
  const { fs: now } = await rebased(folder, await versionOf(next, old.store));
  expect(await summary(now)).toEqual([
    "/emptied new",
    "/filled mine",
    "/first new",
    "/longer \0\0\0",
    "/untouched new",
  ]);
});

test("a file that was moved, and that the site no longer has, is told of", async () => {
  const old = await versionOf(await oldImage());
  const folder = new MemoryFolder();
  const { fs, disk } = await diskOn(folder, old);
  fs.rename(resolvePath(fs, "/usr/share"), "old", fs.root, "kept");
  await writeFile(fs, "/kept/mine", text("mine"));
  await fs.sync();
  disk.close();
  const { fs: now, missing } = await rebased(folder, await versionOf(await newImage()));
  expect(missing).toEqual(["/kept/b"]);
  expect(Buffer.from(await readInode(now, resolvePath(now, "/kept/mine"))).toString()).toBe("mine");
});

test("where the old index was not kept, the disk is refused and left as it is", async () => {
  const old = await versionOf(await oldImage());
  for (const damage of ["missing", "damaged", "of another"]) {
    const folder = new MemoryFolder();
    const { fs, disk } = await diskOn(folder, old);
    await writeFile(fs, "/mine", text("mine"));
    await fs.sync();
    disk.close();
    const file = await folder.open("base");
    if (damage === "missing") file.truncate(0);
    else file.write(damage === "damaged" ? file.size - 9 : 0, Uint8Array.of(1, 2, 3));
    file.close();
    const untouched = folder.steps.length;
    await expect(rebased(folder, await versionOf(await newImage()))).rejects.toMatchObject({
      code: "wrong-version",
      message:
        "The saved files belong to another version of the image, and what that version was is not known any more.",
    });
    expect(folder.steps).toHaveLength(untouched);
  }
});

test("where the site does not answer, the disk is as it was", async () => {
  const old = await versionOf(await oldImage());
  const folder = new MemoryFolder();
  const { fs, disk } = await diskOn(folder, old);
  fs.rename(resolvePath(fs, "/usr/share"), "old", fs.root, "kept");
  await fs.sync();
  disk.close();
  const next = await versionOf(await newImage());
  const untouched = folder.steps.length;
  const get = next.store.get.bind(next.store);
  next.store.get = () => Promise.reject(new TabnixError("unreachable", "There is no answer."));
  await expect(rebased(folder, next)).rejects.toMatchObject({
    code: "unreachable",
    message: "/kept/b cannot be read. There is no answer.",
  });
  expect(folder.steps).toHaveLength(untouched);
  next.store.get = get;
  expect((await rebased(folder, next)).missing).toEqual(["/kept/b"]);
});

test("where there is no room, the disk is as it was", async () => {
  const old = await versionOf(await oldImage());
  const next = await versionOf(await newImage());
  const folder = new MemoryFolder();
  const { fs, disk } = await diskOn(folder, old);
  await writeFile(fs, "/large", new Uint8Array(100_000).fill(1));
  await fs.sync();
  disk.close();
  const index = decodeTreeIndex(next.bytes);
  const { disk: overlay } = await start(folder, { base: next.base, freeBytes: 0, begins: false });
  const full = {
    overlay,
    storage: "opfs",
    saveIndex: (of, bytes) => saveIndex(folder, of, bytes),
    loadIndex: (of) => loadIndex(folder, of),
    reopen: async () => {},
    release: () => {},
  } satisfies OpenDisk;
  await expect(rebaseDisk(full, { ...next, index })).rejects.toMatchObject({
    code: "wrong-version",
    message:
      "The saved files belong to another version of the image, and there is no room to carry them over.",
  });
  overlay.close();
  const again = await diskOn(folder, old);
  expect(await readInode(again.fs, resolvePath(again.fs, "/large"))).toHaveLength(100_000);
});

test("a crash at any moment leaves the files on the old version or on the new", async () => {
  const old = await versionOf(await oldImage());
  const next = await versionOf(await newImage(), old.store);
  const folder = new MemoryFolder();
  const { fs, disk } = await diskOn(folder, old);
  await writeFile(fs, "/etc/hostname", text("mine"));
  await writeFile(fs, "/large", new Uint8Array(50_000).fill(1));
  await fs.sync();
  disk.close();
  const first = folder.steps.length;
  const { fs: now, disk: after } = await rebased(folder, next);
  const expected = await listing(now);
  after.overlay.close();
  const found = new Set<string>();
  for (let steps = first; steps <= folder.steps.length; steps++) {
    const left = MemoryFolder.after(folder.steps.slice(0, steps));
    const opened = await start(left, { base: next.base, begins: false });
    found.add(opened.disk.base);
    const isOld = opened.disk.base === old.base;
    opened.disk.close();
    if (isOld) {
      expect(await listing((await rebased(left, next)).fs)).toEqual(expected);
    } else {
      const index = decodeTreeIndex(next.bytes);
      const { store, base } = next;
      expect(await listing((await start(left, { base, index, store })).fs)).toEqual(expected);
    }
  }
  expect([...found]).toEqual([old.base, next.base]);
});
